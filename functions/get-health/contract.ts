import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

const health = z.object({
  status: z.enum(["ok", "unavailable"]),
  instance: z.string().meta({ examples: ["orders-a"] }),
  checks: z.record(z.string(), z.string()).meta({ examples: [{ database: "ok" }] }),
});

/** Load balancers poll it every few seconds, so it needs no token. */
export const getHealthContract = contract({
  operationId: "getHealth",
  summary: "Check this instance and its dependencies",
  tag: "operations",
  method: "GET",
  path: "/health",
  access: "public",
  answers: {
    200: { description: "Every dependency answers.", schema: health },
    503: {
      description: "A dependency does not answer; `checks` names it.",
      schema: health,
    },
  },
  problems: [],
});
