import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Change } from "../../layers/domain/orders/amendment.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { checkOrder } from "../../layers/domain/orders/pre-trade.ts";
import { money, shares } from "../../layers/domain/units.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { acceptOrders } from "../../layers/store/orders/accept-orders.ts";
import { listAmendments } from "../../layers/store/orders/amendments.ts";
import { findOrder, requestCancel } from "../../layers/store/orders/orders.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { balanceOf, order, usd } from "../../layers/testing/terms.ts";
import { replaceOrder } from "./replace-order.ts";

// The request of a replace, before the matcher decides; test/trading/replace.test.ts has the other tests.

const database = await testDatabase();
const deps = {
  database,
  reference: createReferenceData(database),
  outboxNotifier: { notify: () => {} },
  newId: newUuid,
  clock: systemClock,
};
await createInstrument(database, "AAPL", { maxNotional: money(15_000_000_000n) });
await createInstrument(database, "LOTS", { lotSize: shares(10) });

const limitBuy = order("buy", 10, "100", { clientOrderId: undefined });

/** An order as it is before the matcher has seen it. */
const placed = async (clientId: ClientId, terms: Partial<OrderTerms> = {}): Promise<Order> => {
  const asked = { ...limitBuy, clientOrderId: newUuid(), ...terms };
  const facts = await deps.reference.orderFacts(clientId, asked.symbol);
  const decision = checkOrder({ ...facts, terms: asked, now: new Date() });
  assert.ok(decision.ok);
  const orderId = newUuid() as OrderId;
  await acceptOrders(database, [
    {
      ...{ orderId, clientId, terms: asked, intent: decision.value, correlationId: "test" },
      fingerprint: Buffer.alloc(32),
      waits: false,
      endsAt: undefined,
      duplicateWindowMs: 0,
    },
  ]);
  return read(clientId, orderId);
};

const read = async (clientId: ClientId, orderId: OrderId): Promise<Order> => {
  const order = await findOrder(database, clientId, orderId);
  assert.ok(order !== undefined);
  return order;
};

const replace = (
  { clientId, orderId, lockVersion }: Order,
  change: Partial<Change>,
  version = lockVersion,
) =>
  replaceOrder(deps, {
    ...{ clientId, orderId, version, correlationId: "test", forMs: 0 },
    change: { quantity: undefined, price: undefined, stopPrice: undefined, ...change },
  });

const refusal = async (...args: Parameters<typeof replace>) => {
  const outcome = await replace(...args);
  return outcome.ok ? "accepted" : outcome.failure.code;
};

const balance = (clientId: string, asset: string) => balanceOf(database, clientId, asset);

test("a requested replace adds its extra hold, sends one command and writes one amendment", async () => {
  const buyer = await createTestClient(database, { cash: usd("2000") });
  const order = await placed(buyer);
  const outcome = await replace(order, { quantity: shares(12), price: usd("101") });
  assert.ok(outcome.ok && !outcome.value.decided);
  const now = outcome.value.order;
  assert.equal(now.pendingAction, "pending_replace");
  assert.equal(now.lockVersion, order.lockVersion + 1);
  assert.deepEqual([now.quantity, now.price], [10, usd("100")]);
  assert.equal(now.held, usd("1212"));
  assert.deepEqual(await balance(buyer, "USD"), { available: usd("788"), held: usd("1212") });
  const { rows } = await database.query<{ command: Record<string, unknown> }>(
    sql`select command from trading.outbox
      where command->>'orderId' = ${order.orderId} and command->>'type' = 'replace'`,
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.command["extraHeld"], usd("212").toString());
  const page = { after: undefined, limit: 10 };
  const [amendment] = await listAmendments(database, order.orderId, page);
  assert.equal(amendment?.status, "requested");
  assert.deepEqual(amendment?.before, {
    quantity: 10,
    price: usd("100"),
    stopPrice: undefined,
  });
  assert.deepEqual(amendment?.after, {
    quantity: 12,
    price: usd("101"),
    stopPrice: undefined,
  });
});

test("a smaller replace keeps the larger hold while it is pending", async () => {
  const buyer = await createTestClient(database, { cash: usd("1000") });
  const outcome = await replace(await placed(buyer), { quantity: shares(5), price: usd("99") });
  assert.ok(outcome.ok);
  assert.equal(outcome.value.order.held, usd("1000"));
});

test("a replace to more at a lower price holds enough, whatever is filled before it", async () => {
  const buyer = await createTestClient(database, { cash: usd("2000") });
  const outcome = await replace(await placed(buyer), { quantity: shares(20), price: usd("90") });
  assert.ok(outcome.ok);
  // All ten may be filled at 100.00 first; the ten added shares then need 900.00.
  assert.equal(outcome.value.order.held, usd("1900"));
});

test("a sell holds the added shares", async () => {
  const seller = await createTestClient(database, { shares: { AAPL: 12 } });
  const order = await placed(seller, { direction: "sell" });
  assert.equal(await refusal(order, { quantity: shares(13) }), "insufficient_shares");
  assert.deepEqual(await balance(seller, "AAPL"), { available: 2n, held: 10n });
  assert.equal(await refusal(order, { quantity: shares(12) }), "accepted");
  assert.deepEqual(await balance(seller, "AAPL"), { available: 0n, held: 12n });
});

test("a replace that costs a cent more than is available is refused and writes nothing", async () => {
  const buyer = await createTestClient(database, { cash: usd("1099.99") });
  const order = await placed(buyer);
  const outcome = await replace(order, { quantity: shares(11) });
  assert.deepEqual(outcome, {
    ok: false,
    failure: {
      code: "insufficient_funds",
      check: "buying_power",
      limit: "99.99",
      value: "100.00",
    },
  });
  assert.deepEqual(await read(buyer, order.orderId), order);
  const page = { after: undefined, limit: 10 };
  assert.deepEqual(await listAmendments(database, order.orderId, page), []);
});

test("each check refuses new terms with its own code", async () => {
  const buyer = await createTestClient(database, { cash: usd("1000000") });
  const order = await placed(buyer);
  const cases: readonly (readonly [Partial<Change>, string])[] = [
    [{ stopPrice: usd("105") }, "stop_price_not_allowed"],
    [{ price: usd("100.005") }, "invalid_tick"],
    [{ quantity: shares(10_001) }, "quantity_limit"],
    [{ quantity: shares(10_000), price: usd("151") }, "notional_limit"],
    [{ price: usd("120.01") }, "price_band"],
  ];
  for (const [change, code] of cases) assert.equal(await refusal(order, change), code);
  const market = await placed(buyer, { orderType: "market", price: undefined });
  assert.equal(await refusal(market, { price: usd("100") }), "price_not_allowed");
  const lots = await placed(buyer, { symbol: "LOTS" as Ticker });
  assert.equal(await refusal(lots, { quantity: shares(15) }), "invalid_lot");
  assert.deepEqual(await read(buyer, order.orderId), order);
});

test("a stop is replaced by its stop price, and its collar moves with it", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const stop = await placed(buyer, {
    ...{ orderType: "stop", price: undefined, stopPrice: usd("105"), quantity: shares(10) },
  });
  assert.equal(stop.held, usd("1260"));
  assert.equal(await refusal(stop, { stopPrice: usd("105.001") }), "invalid_tick");
  assert.equal(await refusal(stop, { stopPrice: usd("121") }), "price_band");
  const outcome = await replace(stop, { stopPrice: usd("110") });
  assert.ok(outcome.ok);
  assert.equal(outcome.value.order.held, usd("1320"));
});

test("a stale version is refused, and only one replace may be pending", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const order = await placed(buyer);
  const stale = await replace(order, { quantity: shares(9) }, order.lockVersion + 1);
  assert.ok(!stale.ok && stale.failure.code === "version_conflict");
  assert.deepEqual(stale.failure.order, order);
  assert.equal(await refusal(order, { quantity: shares(9) }), "accepted");
  assert.equal(await refusal(order, { quantity: shares(8) }), "version_conflict");
  const pending = await read(buyer, order.orderId);
  assert.equal(await refusal(pending, { quantity: shares(8) }), "change_in_flight");
});

test("an order with a pending cancel cannot be replaced", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const order = await placed(buyer);
  const { clientId, orderId } = order;
  await requestCancel(database, {
    ...{ clientId, orderId, version: undefined, correlationId: "test" },
    command: { type: "cancel", orderId, clientId },
  });
  assert.equal(
    await refusal(await read(buyer, orderId), { quantity: shares(8) }),
    "change_in_flight",
  );
});

test("a cancel may follow a pending replace", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const order = await placed(buyer);
  assert.equal(await refusal(order, { quantity: shares(20) }), "accepted");
  const { clientId, orderId } = order;
  const requested = await requestCancel(database, {
    ...{ clientId, orderId, version: order.lockVersion + 1, correlationId: "test" },
    command: { type: "cancel", orderId, clientId },
  });
  assert.equal(requested, true);
  const now = await read(clientId, orderId);
  assert.equal(now.pendingAction, "pending_cancel");
  assert.equal(now.held, usd("2000"));
});

test("of twenty parallel replaces of one version, one is pending and reserved once", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const order = await placed(buyer);
  const codes = await Promise.all(
    Array.from({ length: 20 }, () => refusal(order, { quantity: shares(11) })),
  );
  assert.equal(codes.filter((code) => code === "accepted").length, 1);
  assert.equal(codes.filter((code) => code === "version_conflict").length, 19);
  assert.deepEqual(await balance(buyer, "USD"), { available: usd("3900"), held: usd("1100") });
});

test("another client's order is treated like an unknown order", async () => {
  const [buyer, stranger] = [
    await createTestClient(database, { cash: usd("5000") }),
    await createTestClient(database, { cash: usd("5000") }),
  ];
  const order = await placed(buyer);
  const foreign = await replace({ ...order, clientId: stranger }, { quantity: shares(9) });
  const absent = await replace(
    { ...order, orderId: newUuid() as OrderId },
    { quantity: shares(9) },
  );
  assert.deepEqual(foreign, { ok: false, failure: { code: "not_found" } });
  assert.deepEqual(foreign, absent);
});

test("an order that waits for its market to open cannot be replaced", async () => {
  const buyer = await createTestClient(database, { cash: usd("5000") });
  const order = await placed(buyer);
  await database.query(sql`
    with moved as (
      delete from trading.outbox where command->>'orderId' = ${order.orderId} returning symbol, command)
    insert into trading.waiting (order_id, symbol, command)
    select ${order.orderId}, symbol, command from moved`);
  assert.equal(await refusal(order, { quantity: shares(9) }), "order_waiting");
});
