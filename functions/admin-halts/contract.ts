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
      description: "The status from now on; the matcher follows in the symbol's own sequence.",
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
  summary: "Halt an instrument: no new orders, no replaces, no trades; cancels go on.",
  path: "/api/v1/admin/instruments/{symbol}/halt",
});

export const resumeContract = contract({
  ...promise,
  operationId: "resumeInstrument",
  summary: "Let a halted or closed instrument trade again.",
  path: "/api/v1/admin/instruments/{symbol}/resume",
});

export const closeContract = contract({
  ...promise,
  operationId: "closeInstrument",
  summary: "Close an instrument for good: like a halt, and nobody expects it to resume.",
  path: "/api/v1/admin/instruments/{symbol}/close",
});
