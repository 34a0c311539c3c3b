import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, spansOf } from "./trace-lines.ts";

const span = (spanId: string, name: string, parentSpanId: string | undefined, ms: number) => ({
  ...{ traceId: "t", spanId, name },
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  startTimeUnixNano: String(ms * 1_000_000),
  endTimeUnixNano: String((ms + 2) * 1_000_000),
});

const exported = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "orders-a" } }] },
      scopeSpans: [
        { spans: [span("b", "settle", "a", 7), span("a", "POST orders", undefined, 5)] },
        { spans: [span("c", "deliver", "gone", 9)] },
      ],
    },
  ],
};

test("a trace is shown as a tree with times; a span whose parent is missing is not lost", () => {
  assert.deepEqual(linesOf(spansOf(exported)), [
    "     0.0      2.0  POST orders  (orders-a)",
    "     2.0      2.0    settle  (orders-a)",
    "     4.0      2.0  deliver  (orders-a)",
  ]);
});

test("an export without spans shows nothing", () => {
  assert.deepEqual(spansOf({}), []);
  assert.deepEqual(linesOf([]), []);
});
