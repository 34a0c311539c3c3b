import { runtime } from "../../../layers/runtime.ts";
import "../../../matcher/main.ts";
import { publishMetrics } from "./publish-metrics.ts";

// The matcher's task: the same process as elsewhere, and metrics for CloudWatch's alarms.

const namespace = process.env["METRICS_NAMESPACE"];
if (namespace === undefined) throw new Error("METRICS_NAMESPACE must name the stack.");
publishMetrics(runtime.metrics.registry, namespace);
