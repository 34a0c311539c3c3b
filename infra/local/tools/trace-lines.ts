/** A span as it is shown. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly startedAt: bigint;
  readonly endedAt: bigint;
};

type Attribute = { readonly key: string; readonly value: { readonly stringValue?: string } };

/** What an exporter posts (OTLP over HTTP, JSON), as far as it is shown. */
export type Export = {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
      }[];
    }[];
  }[];
};

export const spansOf = ({ resourceSpans = [] }: Export): readonly Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === "service.name")?.value
      .stringValue;
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...{ traceId: span.traceId, spanId: span.spanId, name: span.name },
        ...{ parentSpanId: span.parentSpanId, service: service ?? "unknown" },
        startedAt: BigInt(span.startTimeUnixNano),
        endedAt: BigInt(span.endTimeUnixNano),
      })),
    );
  });

const milliseconds = (nanoseconds: bigint): string =>
  (Number(nanoseconds / 1_000n) / 1_000).toFixed(1).padStart(8);

const byStart = (left: Span, right: Span): number => (left.startedAt < right.startedAt ? -1 : 1);

/**
 * The spans of one trace as lines: the milliseconds from its beginning, its duration, and its name,
 * indented under its parent. A span whose parent is missing is shown as a root span.
 */
export const linesOf = (spans: readonly Span[]): readonly string[] => {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const sorted = [...spans].sort(byStart);
  const begin = sorted[0]?.startedAt ?? 0n;
  const under = (parent: string | undefined, depth: number): readonly string[] =>
    sorted
      .filter(({ parentSpanId: id }) => (known.has(id ?? "") ? id : undefined) === parent)
      .flatMap((span) => [
        `${milliseconds(span.startedAt - begin)} ${milliseconds(span.endedAt - span.startedAt)}  ${"  ".repeat(depth)}${span.name}  (${span.service})`,
        ...under(span.spanId, depth + 1),
      ]);
  return under(undefined, 0);
};
