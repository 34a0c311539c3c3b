import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../identifiers.ts";
import { type ControlScope, type KillSwitch, stoppedBy } from "./control.ts";

const alice = "alice" as ClientId;
const order = { clientId: alice, symbol: "AAPL" as Ticker };
const on = (scope: ControlScope, subject: string): KillSwitch => ({
  ...{ scope, subject, reason: "a test", setBy: alice, setAt: new Date(0) },
});

test("a kill switch stops what it names and nothing else", () => {
  for (const control of [on("system", "all"), on("symbol", "AAPL"), on("client", alice)])
    assert.equal(stoppedBy([control], order), control);
  for (const control of [on("symbol", "MSFT"), on("client", "bob"), on("client", "AAPL")])
    assert.equal(stoppedBy([control], order), undefined);
  assert.equal(stoppedBy([], order), undefined);
});

test("of several switches the widest is reported", () => {
  const switches = [on("client", alice), on("symbol", "AAPL"), on("system", "all")];
  assert.equal(stoppedBy(switches, order)?.scope, "system");
  assert.equal(stoppedBy(switches.slice(0, 2), order)?.scope, "symbol");
});
