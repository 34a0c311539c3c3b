import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

const health = z.object({
  status: z.enum(["ok", "unavailable"]),
  instance: z.string().meta({ examples: ["orders-a"] }),
  checks: z.record(z.string(), z.string()).meta({ examples: [{ database: "ok", queue: "ok" }] }),
});

/** Asked every few seconds by whoever balances the load, so it needs no token. */
export const getHealthContract = contract({
  operationId: "getHealth",
  summary: "Whether this instance and the parts it needs answer",
  tag: "operations",
  method: "GET",
  path: "/health",
  access: "public",
  answers: {
    200: { description: "Everything answers.", schema: health },
    503: {
      description: "A part does not answer; `checks` names it.",
      schema: health,
    },
  },
  problems: [],
});
