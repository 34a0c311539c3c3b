import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { type Export, linesOf, type Span, spansOf } from "./trace-lines.ts";

// `npm run traces`: a collector that prints each trace as a tree in the terminal, once no span of it has
// come for two seconds. Start BrokerX with OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.

const PORT = Number(process.argv[2] ?? 4318);
if (!Number.isInteger(PORT) || PORT < 1 || PORT > 65_535) {
  console.error(`The port must be a whole number from 1 to 65535. It is ${process.argv[2]}.`);
  process.exit(1);
}
const QUIET_MS = 2_000;
const LOOK_MS = 500;

const traces = new Map<string, { readonly spans: Span[]; at: number }>();

const keep = (span: Span): void => {
  const trace = traces.get(span.traceId) ?? { spans: [], at: 0 };
  trace.spans.push(span);
  trace.at = performance.now();
  traces.set(span.traceId, trace);
};

const printQuiet = (): void => {
  for (const [traceId, { spans, at }] of traces) {
    if (performance.now() - at < QUIET_MS) continue;
    traces.delete(traceId);
    console.log(`trace ${traceId}\n   start       ms  span\n${linesOf(spans).join("\n")}\n`);
  }
};

const server = createServer(async (request, response) => {
  try {
    for (const span of spansOf((await json(request)) as Export)) keep(span);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  } catch {
    response.writeHead(400).end();
  }
});
server.listen(PORT, "127.0.0.1", () => {
  console.log(`Waiting for traces at http://127.0.0.1:${PORT}. Ctrl-C ends.`);
});
setInterval(printQuiet, LOOK_MS);
