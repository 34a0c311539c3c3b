import type middy from "@middy/core";
import type { Context } from "aws-lambda";
import {
  beginStep,
  flushTraces,
  isTracing,
  type RunningStep,
} from "../platform/tracing/tracing.ts";
import type { Contract } from "./contract.ts";
import type { HttpEvent, HttpResult } from "./endpoint.ts";

const steps = new WeakMap<HttpEvent, RunningStep>();

/** Asked for every second by machines: nobody wants to see the way of these. */
const POLLED: readonly string[] = ["/health", "/metrics"];

/** Makes each call a step of the trace its caller is in, or the first one of a trace. */
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
    // Lambda freezes the process once it has answered: what was not sent by then may never be.
    if (isFrozenAfter(call.context)) await flushTraces();
  };
  return {
    before: ({ event }) => {
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

/** Runs a call's work as part of its step, so that what it writes joins the trace. */
export const runTraced = <T>(event: HttpEvent, work: () => T): T => {
  const step = steps.get(event);
  return step === undefined ? work() : step.run(work);
};

/** Only AWS itself names a function this way. */
const isFrozenAfter = ({ invokedFunctionArn }: Context): boolean =>
  invokedFunctionArn?.startsWith("arn:aws:lambda:") === true;
