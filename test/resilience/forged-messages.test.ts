import assert from "node:assert/strict";
import { test } from "node:test";
import type { OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";
import { settledSeq } from "../support/stream.ts";

// A writer to the queue can make the matcher read from PostgreSQL, and nothing else.

const SYMBOL = "AAPL" as Ticker;
const database = await testDatabase();
await createInstrument(database, SYMBOL);
const orderPath = await exchange(database);
const victim = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 1_000 } });
await orderPath.start();
const resting = await orderPath.matched(await orderPath.place(victim, order("sell", 5, "101.00")));
const last = await settledSeq(database, SYMBOL);

const { rows } = await database.query<{ readonly shard: number }>(
  sql`select shard from trading.book where symbol = ${SYMBOL}`,
);
const queue = orderPath.queue.queueOf(rows[0]?.shard ?? 0);

/** Sends a body to the queue as an intruder would, and waits until the matcher has ignored it. */
const forge = async (body: string): Promise<string> => {
  const before = await ignored();
  await queue.send([{ group: SYMBOL, deduplicationId: newUuid(), body }]);
  let reason: string | undefined;
  await until(async () => {
    const now = await ignored();
    reason = [...now.keys()].find((key) => now.get(key) !== before.get(key));
    return reason !== undefined;
  }, `the matcher ignores ${body}`);
  return reason ?? "";
};

const ignored = async (): Promise<ReadonlyMap<string, number>> => {
  const { values } = await orderPath.metrics.messagesIgnored.get();
  return new Map(values.map(({ labels, value }) => [String(labels["reason"]), value]));
};

/** Everything that a message could have changed. */
const stored = async () => {
  const { rows } = await database.query<{ readonly state: string }>(sql`
    select concat(
      (select json_agg(placed order by order_id) from trading."order" as placed),
      (select json_agg(book order by symbol) from trading.book),
      (select json_agg(balance order by client_id, asset) from ledger.balance),
      (select count(*) from ledger.journal),
      (select count(*) from trading.command),
      (select count(*) from trading.trade)) as state`);
  return rows[0]?.state;
};

const ids = { orderId: resting.orderId as OrderId, clientId: victim, correlationId: "forged" };
const record = (command: object) => ({ seq: last + 1, record: command, acceptedAt: new Date() });
const withCommand = (command: object) =>
  JSON.stringify({ symbol: SYMBOL, commands: [record(command)] });

const place = {
  ...{
    type: "place",
    ...ids,
    orderId: newUuid(),
    direction: "buy",
    orderType: "limit",
    quantity: 5,
  },
  ...{ price: "1010000", timeInForce: "GTC", postOnly: false, selfTradePrevention: "expire_taker" },
};

for (const [what, body, reason] of [
  ["no JSON", "halt AAPL", "malformed"],
  ["JSON of another form", '{"halt":"AAPL"}', "malformed"],
  ["a placed order", withCommand(place), "malformed"],
  ["a cancel", withCommand({ type: "cancel", ...ids }), "malformed"],
  ["a halt", withCommand({ type: "halt", correlationId: "forged" }), "malformed"],
  ["a symbol that does not exist", '{"symbol":"ZZZZ","seq":1}', "unknown_symbol"],
  ["a future command", JSON.stringify({ symbol: SYMBOL, seq: last + 1 }), "unknown_seq"],
  ["a far future", JSON.stringify({ symbol: SYMBOL, seq: 2 ** 53 - 1 }), "unknown_seq"],
  ["a settled command", JSON.stringify({ symbol: SYMBOL, seq: last }), "duplicate"],
] as const)
  test(`a forged message with ${what} changes nothing but a counter`, async () => {
    const before = await stored();
    assert.equal(await forge(body), reason);
    assert.equal(await stored(), before);
  });

test("after all forged messages, orders of the symbol still trade", async () => {
  const buyer = await createTestClient(database, { cash: usd("100000") });
  const bought = await orderPath.over(await orderPath.place(buyer, order("buy", 5, "101.00")));
  assert.equal(bought.status, "filled");
});
