import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

/** Prometheus scrapes it, so it needs no token; the values contain no client's data. */
export const getMetricsContract = contract({
  operationId: "getMetrics",
  summary: "Read the instance's metrics as Prometheus text",
  tag: "operations",
  method: "GET",
  path: "/metrics",
  access: "public",
  answers: {
    200: {
      description: "Prometheus exposition format.",
      schema: z.string(),
      mediaType: "text/plain",
    },
  },
  problems: [],
});
