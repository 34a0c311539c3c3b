import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseProtocol, confirmation, envelope, parseCommand, ping } from "./cable.ts";
import { parseMarketChannel } from "./market-channel.ts";

test("a command needs a known name and an identifier that is a text", () => {
  const text = '{"command":"subscribe","identifier":"{}","data":"ignored"}';
  assert.deepEqual(parseCommand(text), {
    ...{ command: "subscribe", identifier: "{}", history: undefined },
  });
  for (const wrong of ['{"command":"subscribe"}', '{"command":"x","identifier":"y"}', "[]", "nul"])
    assert.equal(parseCommand(wrong), undefined);
  const long = JSON.stringify({ command: "subscribe", identifier: "x".repeat(1_025) });
  assert.equal(parseCommand(long), undefined);
});

test("whatever arrives, reading it neither throws nor invents a command", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const read = parseCommand(text);
      assert.ok(read === undefined || typeof read.identifier === "string");
      parseMarketChannel(text);
    }),
    { numRuns: 2_000 },
  );
});

test("an identifier comes back unchanged, and a wrapped message is the message in an envelope", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.json(), (identifier, message) => {
      assert.equal(JSON.parse(confirmation(identifier)).identifier, identifier);
      assert.deepEqual(JSON.parse(envelope(identifier)(message)), {
        identifier,
        message: JSON.parse(message),
      });
    }),
  );
});

test("ActionCable is chosen wherever it stands in the offer", () => {
  assert.equal(chooseProtocol(["x", "actioncable-v1-json"]), "actioncable-v1-json");
  assert.equal(chooseProtocol([]), "none");
  assert.equal(chooseProtocol(["actioncable-unsupported"]), "unsupported");
});

test("a ping tells the time in whole seconds", () => {
  assert.equal(ping(new Date(1_999)), '{"type":"ping","message":1}');
});

test("a market subscription names its symbols once each, in normal mode unless it says otherwise", () => {
  const read = (params: object) =>
    parseMarketChannel(JSON.stringify({ channel: "MarketChannel", ...params }));
  assert.deepEqual(read({ symbols: ["A", "B", "A"] }), { symbols: ["A", "B"], mode: "normal" });
  assert.equal(read({ symbols: ["A"], mode: "throttled" })?.mode, "throttled");
  assert.equal(read({ symbols: Array.from({ length: 51 }, () => "A") }), undefined);
});
