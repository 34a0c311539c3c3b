import type middy from "@middy/core";
import type { Context } from "aws-lambda";
import {
  beginStep,
  flushTraces,
  isTracing,
  type RunningStep,
  tracingStarted,
} from "../platform/tracing/tracing.ts";
import type { Contract } from "./contract.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";

const steps = new WeakMap<HttpEvent, RunningStep>();

/** Requests to these routes arrive every second, so they are not traced. */
const POLLED: readonly string[] = ["/health", "/metrics"];

/** Makes each call a span of its caller's trace, or the first span of a new trace. */
export const traceCalls = ({
  method,
  path,
}: Pick<Contract, "method" | "path">): middy.MiddlewareObj<
  HttpEvent,
  HttpResult,
  Error,
  Context
> => {
  const end = async (call: {
    readonly event: HttpEvent;
    readonly context: Context;
    readonly response: HttpResult | null | undefined;
  }): Promise<void> => {
    const step = steps.get(call.event);
    if (step === undefined) return;
    const status = call.response?.statusCode ?? 500;
    step.end({
      failed: status >= 500,
      attributes: {
        "http.response.status_code": status,
        "brokerx.correlation_id": String(call.response?.headers?.["x-correlation-id"] ?? ""),
      },
    });
    // Lambda freezes the process after the answer: spans that were not sent by then may be lost.
    if (isFrozenAfter(call.context)) await flushTraces();
  };
  return {
    before: async ({ event }) => {
      await tracingStarted(); // an event that starts the process is traced too.
      if (!isTracing() || POLLED.includes(path)) return;
      const step = beginStep({
        name: `${method} ${path}`,
        kind: "server",
        parent: event.headers?.["traceparent"],
        attributes: { "http.request.method": method, "http.route": path },
      });
      steps.set(event, step);
    },
    after: end,
    onError: end,
  };
};

/** Runs the work as part of the call's span, so that what it writes joins the trace. */
export const runTraced = <T>(event: HttpEvent, work: () => T): T => {
  const step = steps.get(event);
  return step === undefined ? work() : step.run(work);
};

/** Outside AWS a function has no such name. */
const isFrozenAfter = ({ invokedFunctionArn }: Context): boolean =>
  invokedFunctionArn?.startsWith("arn:aws:lambda:") === true;
