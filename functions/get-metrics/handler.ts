import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { getMetricsContract } from "./contract.ts";

/** `GET /metrics`: there is one registry a process, so this is all it counted. */
export const handler = endpoint(runtime, getMetricsContract, async () => ({
  status: 200,
  headers: { "content-type": runtime.metrics.registry.contentType },
  body: await runtime.metrics.registry.metrics(),
}));
