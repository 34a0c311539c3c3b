import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TimeInput,
  trace,
} from "@opentelemetry/api";
import type { TracingConfig } from "../config.ts";
import type { Logger } from "../logger.ts";

/** A step of a request. `parent` is the W3C traceparent of the step before it. */
export type Step = {
  readonly name: string;
  readonly kind: "server" | "producer" | "consumer" | "internal";
  readonly parent: string | undefined;
  readonly attributes?: Attributes;
  readonly startedAt?: TimeInput;
};

/** The result of a step; by default it succeeded and ends now. */
type StepEnd = {
  readonly attributes?: Attributes;
  readonly failed?: boolean;
  readonly endedAt?: TimeInput;
};

export type RunningStep = {
  /** The traceparent for the steps that follow. */
  readonly traceparent: string | undefined;
  /** Runs the work as part of this step, so that `traceparentHere` names it. */
  readonly run: <T>(work: () => T) => T;
  readonly end: (end?: StepEnd) => void;
};

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

let flush: (() => Promise<void>) | undefined;
let starting: Promise<void> = Promise.resolve();

/** Whether spans are exported; if not, every function here does nothing. */
export const isTracing = (): boolean => flush !== undefined;

/**
 * Sends this process's spans to the collector as soon as the exporter is loaded; a process without a
 * collector never loads it. Until then nothing is traced, see `tracingStarted`.
 */
export const startTracing = (
  config: TracingConfig | undefined,
  { service, logger }: { readonly service: string; readonly logger: Pick<Logger, "warn"> },
): Promise<void> => {
  if (config !== undefined && !isTracing())
    starting = import("./export-traces.ts")
      .then(({ exportTraces }) => {
        flush = exportTraces({ ...config, service, logger });
      })
      .catch((error: unknown) => logger.warn({ err: error }, "tracing cannot start"));
  return starting;
};

/** Resolves when tracing has started, or at once in a process without a collector. */
export const tracingStarted = (): Promise<void> => starting;

/** Sends finished spans: before a process ends, or is frozen between two calls. */
export const flushTraces = async (): Promise<void> => flush?.();

/** Begins a step; the caller must end it. */
export const beginStep = (step: Step): RunningStep => {
  if (!isTracing()) return NOTHING;
  const parent = contextOf(step.parent);
  const span = trace.getTracer("brokerx").startSpan(
    step.name,
    {
      kind: KINDS[step.kind],
      ...(step.attributes === undefined ? {} : { attributes: step.attributes }),
      ...(step.startedAt === undefined ? {} : { startTime: step.startedAt }),
    },
    parent,
  );
  const own = trace.setSpan(parent, span);
  return {
    traceparent: traceparentOf(own),
    run: (work) => context.with(own, work),
    end: (end) => endSpan(span, end),
  };
};

/** The current trace context, to pass to another process; undefined without tracing. */
export const traceparentHere = (): string | undefined =>
  isTracing() ? traceparentOf(context.active()) : undefined;

const NOTHING: RunningStep = { traceparent: undefined, run: (work) => work(), end: () => {} };

const endSpan = (span: Span, { attributes, failed, endedAt }: StepEnd = {}): void => {
  if (attributes !== undefined) span.setAttributes(attributes);
  if (failed === true) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endedAt);
};

/** A value that a caller sent is not trusted: anything but a valid traceparent is ignored. */
const contextOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });

const traceparentOf = (at: Context): string | undefined => {
  const carrier: { traceparent?: string } = {};
  propagation.inject(at, carrier);
  return carrier.traceparent;
};
