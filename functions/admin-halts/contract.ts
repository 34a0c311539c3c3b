import { z } from "zod";
import { reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";

const promise = {
  tag: "admin",
  access: "admin",
  method: "POST",
  params: z.strictObject({ symbol: symbolField }),
  body: z.strictObject({ reason: reasonField }),
  answers: {
    200: {
      description: "The new status. The matcher follows in the symbol's sequence.",
      schema: z.strictObject({
        symbol: z.string(),
        status: z.enum(["trading", "halted", "closed"]),
      }),
    },
  },
  problems: ["not_found"],
} as const;

export const haltContract = contract({
  ...promise,
  operationId: "haltInstrument",
  summary:
    "Halt an instrument. New orders and replaces are refused. Orders that were accepted before and have not reached the book are still matched. After that, nothing trades until the instrument is resumed. Orders that wait for the market to open go on waiting. Cancels are accepted.",
  path: "/api/v1/admin/instruments/{symbol}/halt",
});

export const resumeContract = contract({
  ...promise,
  operationId: "resumeInstrument",
  summary: "Resume trading in a halted or closed instrument.",
  path: "/api/v1/admin/instruments/{symbol}/resume",
});

export const closeContract = contract({
  ...promise,
  operationId: "closeInstrument",
  summary:
    "Close an instrument. Like a halt, a close lasts until a resume. The only difference is that clients see the status closed.",
  path: "/api/v1/admin/instruments/{symbol}/close",
});
