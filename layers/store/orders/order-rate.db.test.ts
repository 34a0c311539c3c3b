import assert from "node:assert/strict";
import { test } from "node:test";
import type { AmendmentId, ClientId } from "../../domain/identifiers.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder } from "../../testing/new-order.ts";
import { usd } from "../../testing/terms.ts";
import { sql } from "../pg/database.ts";
import { acceptOrders, type NewOrder } from "./accept-orders.ts";
import { requestReplace } from "./amendments.ts";
import { createOrderBatcher } from "./order-batcher.ts";
import { findOrder, requestCancel } from "./orders.ts";

// Lets a second of the allowance pass by moving the stored time back.

const database = await testDatabase();
await createInstrument(database, "AAPL");

const slowClient = (burst: number): Promise<ClientId> =>
  createTestClient(database, {
    ...{ cash: usd("100000"), shares: { AAPL: 1_000 } },
    ...{ maxOrdersPerSecond: 1, maxOrderBurst: burst },
  });

const correlationId = "test";
let names = 0;
const anyOrder = (client: ClientId): NewOrder => {
  names += 1;
  const direction = names % 2 === 0 ? "buy" : "sell";
  return newOrder({ client, direction, quantity: 1, name: `order ${names}` });
};
const many = (client: ClientId, count: number): readonly NewOrder[] =>
  Array.from({ length: count }, () => anyOrder(client));

const codesOf = async (orders: readonly NewOrder[]): Promise<readonly string[]> =>
  (await acceptOrders(database, orders)).map((verdict) =>
    verdict.kind === "refused" ? verdict.refusal.code : verdict.kind,
  );

const count = (codes: readonly string[], wanted: string): number =>
  codes.filter((code) => code === wanted).length;

const passSeconds = (client: ClientId, seconds: number) =>
  database.query(sql`
    update ledger.balance
    set order_allowance_full_at = order_allowance_full_at - make_interval(secs => ${seconds})
    where client_id = ${client}`);

/** Runs the work and returns how much an allowance of one a second may have grown meanwhile. */
const grownDuring = async (work: () => Promise<void>): Promise<number> => {
  const started = performance.now();
  await work();
  return Math.ceil((performance.now() - started) / 1_000) + 1;
};

test("after a burst further orders are refused, until time has passed", async () => {
  const client = await slowClient(5);
  let codes: readonly string[] = [];
  const grown = await grownDuring(async () => {
    codes = await codesOf(many(client, 20));
    assert.deepEqual(codes.slice(0, 5), Array(5).fill("accepted"));
    assert.deepEqual(codes.slice(5), Array(15).fill("order_rate_limit"), "a batch takes no time");
    await passSeconds(client, 3);
    codes = await codesOf(many(client, 20));
  });
  const accepted = count(codes, "accepted");
  assert.ok(accepted >= 3 && accepted <= 3 + grown, `${accepted} after three seconds`);
  await passSeconds(client, 3_600);
  assert.equal(count(await codesOf(many(client, 20)), "accepted"), 5, "a burst is the most");
});

test("the limit holds for all instances together", async () => {
  const client = await slowClient(30);
  const batchers = [createOrderBatcher(database), createOrderBatcher(database)];
  let accepted = 0;
  const grown = await grownDuring(async () => {
    const verdicts = await Promise.all(
      many(client, 200).map((order, n) => batchers[n % 2]?.place(order)),
    );
    accepted = verdicts.filter((verdict) => verdict?.kind === "accepted").length;
  });
  assert.ok(accepted >= 30 && accepted <= 30 + grown, `${accepted} were accepted`);
});

test("a client at its limit does not affect other clients, and a known id is not counted", async () => {
  const [client, busy] = [await slowClient(1), await createTestClient(database)];
  await passSeconds(client, 3_600);
  const first = newOrder({ client, direction: "buy", quantity: 1, name: "first" });
  const again = newOrder({ client, direction: "buy", quantity: 1, name: "first" });
  const sell = newOrder({ client: busy, direction: "sell", quantity: 1, name: "sell" });
  assert.deepEqual(await codesOf([first, anyOrder(client), again, sell]), [
    "accepted",
    "order_rate_limit",
    "known",
    "insufficient_shares",
  ]);
});

test("a replace is counted and needs an active client, a cancel is never counted", async () => {
  const client = await slowClient(2);
  const orders = many(client, 2);
  assert.deepEqual(await codesOf(orders), ["accepted", "accepted"]);
  const [first, second] = await Promise.all(
    orders.map(({ orderId }) => findOrder(database, client, orderId)),
  );
  assert.ok(first !== undefined && second !== undefined);
  const replacement = {
    ...{ after: { ...first, price: usd("1.50") }, collarPrice: usd("1.50") },
    ...{ holdAsset: first.direction === "buy" ? "USD" : "AAPL", extraHeld: 0n },
  };
  const replace = () => {
    const amendmentId = newUuid() as AmendmentId;
    return requestReplace(database, { order: first, amendmentId, replacement, correlationId });
  };
  assert.equal(await replace(), "too_many");
  assert.deepEqual(await findOrder(database, client, first.orderId), first);
  const { orderId } = second;
  const command = { type: "cancel", orderId, clientId: client } as const;
  const cancel = { clientId: client, orderId, version: undefined, command, correlationId };
  assert.equal(await requestCancel(database, cancel), true);
  await passSeconds(client, 3_600);
  const become = (status: string) =>
    database.query(sql`update trading.account set status = ${status} where client_id = ${client}`);
  await become("suspended");
  assert.equal(await replace(), "not_active");
  await become("active");
  assert.equal(await replace(), "requested");
  assert.equal(count(await codesOf(many(client, 1)), "accepted"), 1);
  assert.equal(count(await codesOf(many(client, 2)), "order_rate_limit"), 2, "the replace counted");
});

test("a new limit applies from the next order on, also after a slow limit was used up", async () => {
  const client = await slowClient(10);
  assert.equal(count(await codesOf(many(client, 12)), "accepted"), 10);
  await database.query(sql`
    update trading.account set max_orders_per_second = 100000, max_order_burst = 20
    where client_id = ${client}`);
  assert.equal(count(await codesOf(many(client, 15)), "accepted"), 15);
});
