import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseProtocol, confirmation, envelope, parseCommand, ping } from "./cable.ts";
import { parseChannel } from "./channel.ts";

test("a command needs a known name and an identifier that is a text", () => {
  const text = '{"command":"subscribe","identifier":"{}","data":"ignored"}';
  assert.deepEqual(parseCommand(text), {
    ...{ command: "subscribe", identifier: "{}", history: undefined },
  });
  const wrong: readonly (readonly [string, string])[] = [
    ["nul", "malformed_command"],
    ["[]", "malformed_command"],
    ["", "malformed_command"],
    ['{"command":"x","identifier":"y"}', "unknown_command"],
    ['{"identifier":"y"}', "unknown_command"],
    ['{"command":"subscribe"}', "invalid_identifier"],
    [JSON.stringify({ command: "subscribe", identifier: "x".repeat(1_025) }), "invalid_identifier"],
  ];
  for (const [frame, code] of wrong) {
    const parsed = parseCommand(frame);
    assert.equal("code" in parsed && parsed.code, code, frame);
  }
});

test("parsing neither throws nor invents a command, whatever arrives", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const parsed = parseCommand(text);
      assert.ok("code" in parsed || typeof parsed.identifier === "string");
      parseChannel(text);
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

test("the ActionCable protocol is chosen at any position of the client's list", () => {
  assert.equal(chooseProtocol(["x", "actioncable-v1-json"]), "actioncable-v1-json");
  assert.equal(chooseProtocol([]), "none");
  assert.equal(chooseProtocol(["actioncable-unsupported"]), "unsupported");
});

test("a ping tells the time in whole seconds", () => {
  assert.equal(ping(new Date(1_999)), '{"type":"ping","message":1}');
});

test("a market subscription has each symbol once, and the mode normal unless it names another", () => {
  const read = (parameters: object) =>
    parseChannel(JSON.stringify({ channel: "MarketChannel", ...parameters }));
  assert.deepEqual(read({ symbols: ["A", "B", "A"] }), {
    ...{ channel: "MarketChannel", subscription: { symbols: ["A", "B"], mode: "normal" } },
  });
  assert.deepEqual(read({ symbols: ["A"], mode: "throttled" }), {
    ...{ channel: "MarketChannel", subscription: { symbols: ["A"], mode: "throttled" } },
  });
});

test("an identifier that is refused says why", () => {
  const market = { channel: "MarketChannel" };
  const cases: readonly (readonly [unknown, string])[] = [
    [[], "invalid_identifier"],
    [{}, "unknown_channel"],
    [{ channel: "SecretChannel" }, "unknown_channel"],
    [{ ...market }, "invalid_symbols"],
    [{ ...market, symbols: [] }, "invalid_symbols"],
    [{ ...market, symbols: "AAPL" }, "invalid_symbols"],
    [{ ...market, symbols: [1] }, "invalid_symbols"],
    [{ ...market, symbols: ["aapl"] }, "invalid_symbols"],
    [{ ...market, symbols: Array.from({ length: 51 }, () => "A") }, "too_many_symbols"],
    [{ ...market, symbols: ["A"], mode: "fast" }, "invalid_mode"],
  ];
  for (const [identifier, code] of cases) {
    const parsed = parseChannel(JSON.stringify(identifier));
    assert.equal("code" in parsed && parsed.code, code, JSON.stringify(identifier));
  }
  assert.deepEqual(parseChannel('{"channel":"OrdersChannel","own":1}'), {
    ...{ channel: "OrdersChannel" },
  });
});
