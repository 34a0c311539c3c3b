import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { getMetricsContract } from "./contract.ts";

/** `GET /metrics`: a process has a single registry, so these are all of its metrics. */
export const handler = endpoint(runtime, getMetricsContract, async () => ({
  status: 200,
  headers: { "content-type": runtime.metrics.registry.contentType },
  body: await runtime.metrics.registry.metrics(),
}));
