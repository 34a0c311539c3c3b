import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { acceptOrders } from "../../layers/store/orders/accept-orders.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { AAPL, administration, bid, INSTRUMENT, REASON } from "../support/administration.ts";

// What an operator does to orders on a real matcher: kill switches, halts, price bands and a
// client's own limits.

const database = await testDatabase();
const { market, buyer, seller, act, refusal, becomes, staleOrder } = await administration(database);

const KILL_BUYER = { scope: "client", subject: buyer, ...REASON };

test("a kill switch stops a client, a symbol or everything within a second; cancels are accepted", async () => {
  for (const [scope, subject, shown, passes] of [
    ["client", buyer, buyer, () => refusal(order("sell", 1, "110.00"), seller)],
    ["symbol", "AAPL", "AAPL", () => refusal(bid("MSFT"))],
    ["system", "all", "system", undefined],
  ] as const) {
    const resting = await market.matched(await market.place(buyer, bid()));
    const body = scope === "system" ? { scope, ...REASON } : { scope, subject, ...REASON };
    await act("setKillSwitch", { body });
    assert.equal(await refusal(bid()), `kill_switch ${shown}`, "at once, by the database");
    const started = performance.now();
    await until(
      async () =>
        (await market.deps.reference.orderFacts(buyer, AAPL.symbol)).stoppedBy !== undefined,
      "every check knows the kill switch",
    );
    const ms = performance.now() - started;
    assert.ok(ms < 1_500, `replaces of a stopped ${scope} passed for ${ms} ms`);
    if (passes !== undefined) assert.equal(await passes(), "accepted");
    const replaced = await market.replace(resting, { price: usd("91.00") });
    assert.equal(replaced.ok ? "accepted" : replaced.failure.code, "kill_switch");
    await market.cancel(resting);
    assert.equal((await market.over(resting)).status, "cancelled");
    await act("liftKillSwitch", { params: { scope, subject } });
    await becomes(/^accepted$/, bid);
  }
});

test("when a process has not read a kill switch yet, the database refuses, and nothing is held", async () => {
  const otherClient = await createTestClient(database, { cash: usd("1000") });
  const batch = [
    await staleOrder(buyer),
    await staleOrder(otherClient),
    await staleOrder(buyer, bid("MSFT")),
  ];
  await act("setKillSwitch", { body: KILL_BUYER });
  const cash = () =>
    database.query<{ available: bigint }>(
      sql`select available from ledger.balance where client_id = ${buyer} and asset = 'USD'`,
    );
  const before = await cash();
  const stopped = {
    ...{ code: "kill_switch", check: "kill_switch", limit: "none on", value: buyer },
  };
  const verdicts = await acceptOrders(database, batch);
  assert.deepEqual(
    verdicts.map((verdict) => (verdict.kind === "refused" ? verdict.refusal : verdict.kind)),
    [stopped, "accepted", stopped],
  );
  const alone = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.deepEqual(alone, [{ kind: "refused", refusal: stopped }]);
  assert.deepEqual((await cash()).rows, before.rows);
  await act("liftKillSwitch", { params: { scope: "client", subject: buyer } });
  const [placed] = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.equal(placed?.kind, "accepted");
  await becomes(/^accepted$/, bid);
});

test("a halted symbol refuses orders; the matcher refuses those that slip through, and accepts cancels", async () => {
  const resting = await market.matched(await market.place(seller, order("sell", 5, "110.00")));
  await act("haltInstrument", { params: AAPL, body: REASON });
  await becomes(/^instrument_not_tradable halted$/, bid);
  assert.equal(await refusal(bid("MSFT")), "accepted");
  const replaced = await market.replace(resting, { price: usd("111.00") });
  assert.equal(replaced.ok ? "accepted" : replaced.failure.code, "instrument_not_tradable");

  const [late] = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.ok(late?.kind === "accepted");
  const { status, reason, held } = await market.over(late.order);
  assert.deepEqual({ status, reason, held }, { status: "rejected", reason: "halted", held: 0n });

  await market.cancel(resting);
  assert.equal((await market.over(resting)).status, "cancelled");
  await market.stop();
  await market.start();
  assert.match(await refusal(bid()), /^instrument_not_tradable/, "a halt survives a restart");

  await act("resumeInstrument", { params: AAPL, body: REASON });
  await becomes(/^accepted$/, bid);
  const sell = await market.place(seller, order("sell", 1, "90.00"));
  assert.equal((await market.over(sell)).status, "filled");
});

test("the price band is centred on the last trade, once there is one", async () => {
  await act("createInstrument", { body: { instrument: { ...INSTRUMENT, symbol: "BAND" } } });
  const holder = await createTestClient(database, { shares: { BAND: 1 } });
  const at = (direction: "buy" | "sell", price: string) =>
    order(direction, 1, price, { symbol: "BAND" as Ticker });
  await becomes(/^accepted$/, () => at("buy", "10.50"));
  assert.match(await refusal(at("buy", "11.01")), /^price_band/, "around the reference price");
  await market.over(await market.place(holder, at("sell", "10.50")));
  await becomes(/^accepted$/, () => at("buy", "11.55"));
  assert.match(await refusal(at("buy", "11.56")), /^price_band/);
});

test("a client's own stricter limits apply, and can be removed", async () => {
  const params = { client_id: buyer };
  const set = (limits: object) => act("setLimits", { params, body: { ...limits, ...REASON } });
  assert.deepEqual(await set({ max_quantity: 5, max_notional: "400.00", price_band_bps: 100 }), {
    client_id: buyer,
    ...{ max_open_orders: 1_000, max_orders_per_second: 100_000, max_order_burst: 1_000_000 },
    ...{ max_quantity: 5, max_notional: "400.00", price_band_bps: 100, duplicate_window_ms: null },
    max_daily_deposits: "100000000.00",
  });
  const at = (quantity: number, price: string) => () =>
    order("buy", quantity, price, { symbol: "MSFT" as Ticker });
  await becomes(/^quantity_limit 6$/, at(6, "100.00"));
  assert.match(await refusal(at(5, "100.00")()), /^notional_limit 500.00$/);
  assert.match(await refusal(at(1, "98.99")()), /^price_band 98.99$/);
  assert.equal(await refusal(at(1, "99.00")()), "accepted");
  await set({ max_quantity: null, max_notional: null, price_band_bps: null });
  await becomes(/^accepted$/, at(6, "90.00"));

  await set({ duplicate_window_ms: 10_000 });
  const duplicate = () =>
    order("buy", 2, "89.00", { symbol: "MSFT" as Ticker, clientOrderId: undefined });
  await becomes(/^duplicate_order/, duplicate);
  await set({ max_open_orders: 0, duplicate_window_ms: null });
  await becomes(/^open_order_limit/, bid);
  await set({ max_open_orders: 1_000 });
  await becomes(/^accepted$/, bid);
});

const haltedByError = async (): Promise<number | undefined> =>
  (await market.metrics.symbolsHaltedByError.get()).values[0]?.value;

test("a symbol whose command cannot be applied refuses new orders; the others trade on", async () => {
  await becomes(/^accepted$/, () => bid("MSFT"));
  await database.query(
    sql`insert into trading.outbox (symbol, command) values ('MSFT', '{"type": "nonsense"}')`,
  );
  market.deps.outboxNotifier.notify();
  await becomes(/^instrument_not_tradable halted$/, () => bid("MSFT"));
  assert.equal(await refusal(bid()), "accepted");
  await until(async () => (await haltedByError()) === 1, "the halt is counted");
  await market.stop();
  await market.start();
  await becomes(/^instrument_not_tradable halted$/, () => bid("MSFT"));

  // A version of the program that knows the command settles it, and orders are accepted again.
  await market.stop();
  await database.query(sql`
    update trading.command
    set command = '{"type": "resume", "correlationId": "fixed"}'
    where symbol = 'MSFT' and command->>'type' = 'nonsense'`);
  await market.start();
  await becomes(/^accepted$/, () => bid("MSFT"));
  await until(async () => (await haltedByError()) === 0, "nothing is halted by an error any more");
});
