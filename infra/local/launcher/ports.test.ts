import assert from "node:assert/strict";
import { test } from "node:test";
import { portsFor } from "./ports.ts";

const offset = (text: string) => portsFor({ BROKERX_PORT_OFFSET: text });

test("without an offset every port is the documented one, and an offset moves them all", () => {
  assert.equal(portsFor({}).gateway, 8_080);
  assert.equal(offset("1000").identity, 4_100);
});

test("an offset that is no whole number in range is refused", () => {
  for (const text of ["-1", "1.5", "x", "50001"])
    assert.throws(() => offset(text), /BROKERX_PORT_OFFSET must be a whole number/);
});

test("an offset that moves a port onto a blocked port is refused, and the message names an offset that works", () => {
  assert.throws(() => offset("2000"), {
    message:
      "BROKERX_PORT_OFFSET=2000 puts gateway on port 10080, which browsers refuse to connect to. Fix: BROKERX_PORT_OFFSET=2001 npm start",
  });
  assert.throws(() => offset("6980"), /puts identity on port 10080/);
  assert.equal(offset("2001").gateway, 10_081);
});

test("the blocked ports are the ports that fetch refuses", async () => {
  const refused = new Set<string>();
  for (let number = 0; number <= 50_000; number += 1)
    try {
      offset(String(number));
    } catch (error) {
      refused.add(/ on port (\d+), /.exec(String(error))?.[1] ?? "none");
    }
  assert.ok(refused.size > 10);
  for (const port of refused)
    await assert.rejects(fetch(`http://127.0.0.1:${port}`), ({ cause }: Error) =>
      /bad port/.test(String(cause)),
    );
});
