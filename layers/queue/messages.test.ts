import assert from "node:assert/strict";
import { test } from "node:test";
import { fromMessage, toMessage } from "./messages.ts";

test("an announcement is read back as it was written", () => {
  const announcement = { symbol: "AAPL", seq: 42 };
  assert.deepEqual(fromMessage(toMessage(announcement).body), announcement);
});

test("any other text is not an announcement", () => {
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    "42",
    '"AAPL"',
    "{}",
    '{"symbol":"AAPL"}',
    '{"symbol":"AAPL","seq":0}',
    '{"symbol":"AAPL","seq":-1}',
    '{"symbol":"AAPL","seq":1.5}',
    '{"symbol":"AAPL","seq":1e400}',
    '{"symbol":"AAPL","seq":9007199254740993}',
    '{"symbol":"AAPL","seq":"1"}',
    '{"symbol":7,"seq":1}',
    '{"symbol":"AAPL","seq":1,"command":{"type":"halt"}}',
    '{"symbol":"AAPL","commands":[{"seq":1,"record":{"type":"halt"},"acceptedAt":"2026-01-01"}]}',
  ])
    assert.equal(fromMessage(body), undefined, body);
});
