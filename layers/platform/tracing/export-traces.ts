import { setTimeout as delay } from "node:timers/promises";
import { context, DiagLogLevel, diag, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "../config.ts";
import type { Logger } from "../logger.ts";

/** An unreachable collector is logged rarely, not every five seconds. */
const COMPLAINT_EVERY_MS = 60_000;
/** The exporter retries by itself; callers of a flush do not wait for the retries. */
const FLUSH_MS = 1_000;

/**
 * Exports the spans of this process over OTLP; the returned function sends finished spans at once.
 */
export const exportTraces = (
  options: TracingConfig & { readonly service: string; readonly logger: Pick<Logger, "warn"> },
): (() => Promise<void>) => {
  const complain = complaints(options.logger);
  diag.setLogger({ ...SILENCE, error: complain }, DiagLogLevel.ERROR);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": options.service,
      "service.namespace": "brokerx",
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: options.url }),
        scheduledDelayMillis: options.delayMs,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return async () => {
    const flushed = provider.forceFlush().catch((error: unknown) => complain(String(error)));
    await Promise.race([flushed, delay(FLUSH_MS, undefined, { ref: false })]);
  };
};

/** Lost spans do no harm; the loss is logged now and then. */
const complaints = (logger: Pick<Logger, "warn">): ((reason: string) => void) => {
  let last = Number.NEGATIVE_INFINITY;
  return (reason) => {
    if (performance.now() - last < COMPLAINT_EVERY_MS) return;
    last = performance.now();
    logger.warn({ reason }, "traces cannot be sent");
  };
};

const ignore = (): void => {};
const SILENCE = { warn: ignore, info: ignore, debug: ignore, verbose: ignore };
