import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createOrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { balanceOf, order, usd } from "../../layers/testing/terms.ts";
import { placeOrder } from "./place-order.ts";

const database = await testDatabase();
const deps = {
  database,
  reference: createReferenceData(database),
  batcher: createOrderBatcher(database),
  newId: newUuid,
  clock: systemClock,
};
await createInstrument(database, "AAPL");
await createInstrument(database, "HALT", { status: "halted" });
await createInstrument(database, "NOREF", { referencePrice: undefined });
await createInstrument(database, "LOTS", { lotSize: shares(10) });

const limitBuy = order("buy", 10, "101", { clientOrderId: undefined });

const place = (
  clientId: Awaited<ReturnType<typeof createTestClient>>,
  terms: Partial<OrderTerms>,
) =>
  placeOrder(deps, {
    clientId,
    terms: { ...limitBuy, clientOrderId: newUuid(), ...terms },
    correlationId: "test",
  });

const refusal = async (...args: Parameters<typeof place>) => {
  const outcome = await place(...args);
  return outcome.ok ? "accepted" : outcome.failure.code;
};

const balance = (clientId: string, asset: string) => balanceOf(database, clientId, asset);

test("an accepted buy holds price times quantity and sends one command", async () => {
  const buyer = await createTestClient(database, { cash: usd("2000") });
  const outcome = await place(buyer, {});
  assert.ok(outcome.ok);
  const { order } = outcome.value;
  assert.equal(order.status, "new");
  assert.equal(order.lockVersion, 0);
  assert.equal(order.held, usd("1010"));
  assert.deepEqual(await balance(buyer, "USD"), { available: usd("990"), held: usd("1010") });
  const { rows } = await database.query(
    sql`select from trading.outbox where command->>'orderId' = ${order.orderId}`,
  );
  assert.equal(rows.length, 1);
});

test("a sell holds shares, and cannot sell more than is available", async () => {
  const seller = await createTestClient(database, { shares: { AAPL: 15 } });
  assert.ok((await place(seller, { direction: "sell" })).ok);
  assert.deepEqual(await balance(seller, "AAPL"), { available: 5n, held: 10n });
  assert.equal(
    await refusal(seller, { direction: "sell", quantity: shares(6) }),
    "insufficient_shares",
  );
});

test("an order that costs one cent more than is available is refused and writes nothing", async () => {
  const buyer = await createTestClient(database, { cash: usd("1009.99") });
  const outcome = await place(buyer, {});
  assert.deepEqual(outcome, {
    ok: false,
    failure: {
      code: "insufficient_funds",
      check: "buying_power",
      limit: "1009.99",
      value: "1010.00",
    },
  });
  assert.equal((await balance(buyer, "USD"))?.held, 0n);
});

test("a market buy holds at the collar price", async () => {
  const buyer = await createTestClient(database, { cash: usd("2000") });
  const outcome = await place(buyer, { orderType: "market", price: undefined, timeInForce: "IOC" });
  assert.ok(outcome.ok);
  assert.equal(outcome.value.order.held, usd("1200"));
  assert.equal(outcome.value.order.price, undefined);
});

test("a stop buy holds at the far end of the band around its stop price", async () => {
  const buyer = await createTestClient(database, { cash: usd("3000") });
  const stop = await place(buyer, {
    orderType: "stop",
    price: undefined,
    stopPrice: usd("110"),
    timeInForce: "GTC",
  });
  assert.ok(stop.ok);
  assert.equal(stop.value.order.held, usd("1320"));
  assert.equal(stop.value.order.collarPrice, usd("132"));
  assert.equal(stop.value.order.price, undefined);
  const stopLimit = await place(buyer, {
    orderType: "stop_limit",
    price: usd("125"),
    stopPrice: usd("110"),
    timeInForce: "GTD",
    expiresAt: new Date("2040-01-01T00:00:00.123Z"),
  });
  assert.ok(stopLimit.ok);
  assert.equal(stopLimit.value.order.held, usd("1250"));
  const { rows } = await database.query<{ expires_at: Date }>(
    sql`select expires_at from trading."order" where order_id = ${stopLimit.value.order.orderId}`,
  );
  assert.deepEqual(rows[0]?.expires_at, stopLimit.value.order.expiresAt);
});

test("each check refuses with its own code", async () => {
  const client = await createTestClient(database, { cash: usd("1000000") });
  const cases: readonly (readonly [Partial<OrderTerms>, string])[] = [
    [{ symbol: "NOPE" as Ticker }, "unknown_symbol"],
    [{ symbol: "HALT" as Ticker }, "instrument_not_tradable"],
    [{ price: undefined }, "price_required"],
    [{ orderType: "market" }, "price_not_allowed"],
    [{ orderType: "stop" }, "price_not_allowed"],
    [{ orderType: "stop_limit", price: undefined, stopPrice: usd("105") }, "price_required"],
    [{ orderType: "stop", price: undefined }, "stop_price_required"],
    [{ orderType: "stop_limit" }, "stop_price_required"],
    [{ stopPrice: usd("105") }, "stop_price_not_allowed"],
    [{ timeInForce: "GTD" }, "expires_at_required"],
    [{ timeInForce: "GTD", expiresAt: new Date(Date.now() - 1) }, "expires_at_passed"],
    [{ expiresAt: new Date(Date.now() + 60_000) }, "expires_at_not_allowed"],
    [{ postOnly: true, timeInForce: "IOC" }, "post_only_not_allowed"],
    [{ postOnly: true, orderType: "stop_limit", stopPrice: usd("105") }, "post_only_not_allowed"],
    [{ orderType: "stop_limit", stopPrice: usd("105.005") }, "invalid_tick"],
    [{ orderType: "stop_limit", stopPrice: usd("120.01"), price: usd("121") }, "price_band"],
    [{ orderType: "stop_limit", stopPrice: usd("100"), price: usd("120.01") }, "price_band"],
    [
      { symbol: "NOREF" as Ticker, orderType: "stop", price: undefined, stopPrice: usd("105") },
      "no_reference_price",
    ],
    [{ price: usd("101.001") }, "invalid_tick"],
    [{ symbol: "LOTS" as Ticker, quantity: shares(15) }, "invalid_lot"],
    [{ quantity: shares(10_001) }, "quantity_limit"],
    [{ price: usd("9999999999999.99"), quantity: shares(10_000) }, "notional_limit"],
    [{ symbol: "NOREF" as Ticker }, "no_reference_price"],
    [{ symbol: "NOREF" as Ticker, orderType: "market", price: undefined }, "no_reference_price"],
    [{ price: usd("120.01") }, "price_band"],
    [{ price: usd("79.99") }, "price_band"],
  ];
  for (const [terms, code] of cases) assert.equal(await refusal(client, terms), code);
  assert.equal(await refusal(client, { price: usd("120.00") }), "accepted");
  const stranger = newUuid() as typeof client;
  assert.equal(await refusal(stranger, {}), "client_not_active");
});

test("the same order twice within a second is refused unless its client_order_id differs", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  const verdicts = await Promise.all([
    refusal(client, { clientOrderId: undefined }),
    refusal(client, { clientOrderId: undefined }),
  ]);
  assert.deepEqual(verdicts.sort(), ["accepted", "duplicate_order"]);
  assert.equal(
    await refusal(client, { clientOrderId: undefined, quantity: shares(11) }),
    "accepted",
  );
  assert.equal(await refusal(client, { clientOrderId: "mine" }), "accepted");
});

test("of several faults that need a lock the first in the documented order is reported", async () => {
  const client = await createTestClient(database, { cash: usd("1010"), maxOpenOrders: 1 });
  const again = { clientOrderId: undefined };
  assert.equal(await refusal(client, again), "accepted");
  assert.equal(await refusal(client, { ...again, price: usd("121") }), "price_band");
  assert.equal(await refusal(client, again), "duplicate_order");
  assert.equal(await refusal(client, {}), "open_order_limit");
  await database.query(
    sql`update trading.account set max_open_orders = 2 where client_id = ${client}`,
  );
  assert.equal(await refusal(client, {}), "insufficient_funds");
  assert.equal(await refusal(client, { direction: "sell" }), "insufficient_shares");
});

test("a client_order_id identifies one order for ever", async () => {
  const client = await createTestClient(database, { cash: usd("1500") });
  const first = await place(client, { clientOrderId: "once" });
  const again = await place(client, { clientOrderId: "once" });
  assert.ok(first.ok && again.ok);
  assert.equal(again.value.replayed, true);
  assert.deepEqual(again.value.order, first.value.order);
  assert.equal(
    await refusal(client, { clientOrderId: "once", quantity: shares(9) }),
    "client_order_id_conflict",
  );
});

test("twenty parallel orders with one client_order_id create one order", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => place(client, { clientOrderId: "race" })),
  );
  const ids = new Set(
    outcomes.map((outcome) => (outcome.ok ? outcome.value.order.orderId : "none")),
  );
  assert.equal(ids.size, 1);
  assert.equal(outcomes.filter((outcome) => outcome.ok && !outcome.value.replayed).length, 1);
});

test("parallel orders never spend more than is available", async () => {
  const client = await createTestClient(database, { cash: usd("10100") });
  const codes = await Promise.all(Array.from({ length: 40 }, () => refusal(client, {})));
  assert.equal(codes.filter((code) => code === "accepted").length, 10);
  assert.deepEqual(await balance(client, "USD"), { available: 0n, held: usd("10100") });
});

test("parallel orders never exceed the client's limit of open orders", async () => {
  const client = await createTestClient(database, { cash: usd("100000"), maxOpenOrders: 5 });
  const codes = await Promise.all(Array.from({ length: 20 }, () => refusal(client, {})));
  assert.equal(codes.filter((code) => code === "accepted").length, 5);
  assert.ok(codes.every((code) => code === "accepted" || code === "open_order_limit"));
});

test("a suspended client is refused", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  await database.query(
    sql`update trading.account set status = 'suspended' where client_id = ${client}`,
  );
  assert.equal(await refusal(client, {}), "client_not_active");
});

test("lifting a kill switch after a refusal does not change the refusal", async () => {
  const client = await createTestClient(database, { cash: usd("1000") });
  await place(client, {}); // the kill switches are cached now
  await database.query(sql`
    insert into trading.control (scope, subject, reason, set_by)
    values ('client', ${client}::text, 'test', ${client})`);
  const lifting: typeof database = {
    ...database,
    query: async (statement) => {
      const result = await database.query<never>(statement);
      await database.query(sql`delete from trading.control`);
      return result;
    },
  };
  const outcome = await placeOrder(
    { ...deps, database: lifting, batcher: createOrderBatcher(lifting) },
    { clientId: client, terms: { ...limitBuy, clientOrderId: newUuid() }, correlationId: "test" },
  );
  assert.ok(!outcome.ok);
  assert.deepEqual(outcome.failure, {
    ...{ code: "kill_switch", check: "kill_switch", limit: "none on", value: client },
  });
});
