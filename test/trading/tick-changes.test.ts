import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceOrder } from "../../functions/replace-order/replace-order.ts";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { Change } from "../../layers/domain/orders/amendment.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { lockListed, lockTickAndLot, updateListing } from "../../layers/store/market/listings.ts";
import { acceptOrders, type NewOrder } from "../../layers/store/orders/accept-orders.ts";
import { sql, type Transaction } from "../../layers/store/pg/database.ts";
import type { NewInstrument } from "../../layers/store/seeding/instrument.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { administration, bid, REASON } from "../support/administration.ts";

// An operator changes the tick or lot size while orders that were checked against the former sizes
// are still on their way to the database. The matcher stops a symbol at an order that it cannot
// count in ticks and lots.

const database = await testDatabase();
const { market, buyer, ask, act, becomes, staleOrder } = await administration(database);

const listed = async (name: string, terms: Partial<NewInstrument> = {}): Promise<Ticker> => {
  await createInstrument(database, name, terms);
  return name as Ticker;
};
const HELD = await listed("HELD");
const FORMER = await listed("FORMER", { priceBandBps: 1_001 });
const FINER = await listed("FINER", { referencePrice: usd("200000") });
const DURING = await listed("DURING");
const STALE = await listed("STALE");

const NICKEL = { tick_size: "0.05" };

const buy = (symbol: Ticker, price?: string, rest: Partial<OrderTerms> = {}) =>
  order("buy", 10, price, { symbol, ...rest });

const accept = async (orders: readonly NewOrder[]): Promise<readonly string[]> =>
  (await acceptOrders(database, orders)).map((verdict) => {
    if (verdict.kind !== "refused") return verdict.kind;
    const { code, limit, value } = verdict.refusal;
    return `${code} ${limit} ${value}`;
  });

/** Halts a symbol and waits until the matcher has stopped at the halt. */
const halt = async (symbol: Ticker): Promise<void> => {
  await act("haltInstrument", { params: { symbol }, body: REASON });
  await until(async () => {
    const { rows } = await database.query(sql`
      select from trading.book where symbol = ${symbol} and halted`);
    return rows.length === 1;
  }, `${symbol} is halted`);
};

const change = async (symbol: Ticker, instrument: object): Promise<string> => {
  const reply = await ask("changeInstrument", {
    params: { symbol },
    body: { instrument, ...REASON },
  });
  return reply.status === 200 ? "changed" : String(reply.json()["code"]);
};

/** Waits until the acceptance of an order waits for a lock. */
const acceptanceWaits = (): Promise<void> =>
  until(async () => {
    const { rows } = await database.query(sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
        and query like '%accept_orders%'`);
    return rows.length === 1;
  }, "the acceptance of an order waits");

/** Resumes a symbol; it trades when the matcher can rest an order at the new tick. */
const tradesAgain = async (symbol: Ticker, price: string): Promise<void> => {
  await act("resumeInstrument", { params: { symbol }, body: REASON });
  await becomes(/^accepted$/, () => buy(symbol, price));
  const resting = await market.place(buyer, buy(symbol, price));
  assert.equal((await market.matched(resting)).status, "working");
};

const lockCash = (tx: Transaction) =>
  tx.query(sql`
    select from ledger.balance where client_id = ${buyer} and asset = 'USD' for update`);

test("while an order waits to be written, the tick does not change", async () => {
  const late = await staleOrder(buyer, buy(HELD, "90.01"));
  await halt(HELD);
  const accepted = await database.transaction(async (tx) => {
    await lockCash(tx);
    const verdicts = accept([late]);
    await acceptanceWaits();
    assert.equal(await change(HELD, NICKEL), "instrument_in_use");
    assert.equal(await change(HELD, { lot_size: 100 }), "instrument_in_use");
    assert.equal(await change(HELD, { price_band_bps: 500 }), "changed", "not a tick or lot");
    return { verdicts };
  });
  assert.deepEqual(await accepted.verdicts, ["accepted"]);
  const placed = await market.read(buyer, late.orderId);
  assert.equal((await market.over(placed)).reason, "halted");
  await until(async () => (await change(HELD, NICKEL)) === "changed", "the tick changes");
  await tradesAgain(HELD, "95.05");
});

test("an order that was checked against a former tick or lot size is refused alone", async () => {
  const orders = [
    await staleOrder(buyer, buy(FORMER, "95.01")),
    await staleOrder(buyer, buy(FORMER, "95.05")),
    await staleOrder(buyer, buy(FORMER)),
    await staleOrder(
      buyer,
      buy(FORMER, undefined, { orderType: "stop", stopPrice: usd("101.01") }),
    ),
    await staleOrder(
      buyer,
      buy(FORMER, "101.10", { orderType: "stop_limit", stopPrice: usd("101.04") }),
    ),
    await staleOrder(buyer, buy(FORMER, "95.05", { quantity: shares(15) })),
    await staleOrder(buyer, bid()),
  ];
  await halt(FORMER);
  assert.equal(await change(FORMER, { ...NICKEL, lot_size: 10 }), "changed");
  assert.deepEqual(await accept(orders), [
    "invalid_tick 0.05 95.01",
    "accepted",
    "invalid_tick 0.05 110.01", // the collar price of a market order
    "invalid_tick 0.05 111.12",
    "invalid_tick 0.05 101.04",
    "invalid_lot 10 15",
    "accepted",
  ]);
  await tradesAgain(FORMER, "95.05");
});

test("a price that the matcher cannot count in smaller ticks is refused", async () => {
  const small = (price: string) => buy(FINER, price, { quantity: shares(1) });
  const orders = [
    await staleOrder(buyer, small("200000.00")),
    await staleOrder(buyer, small("230000.00")),
  ];
  await halt(FINER);
  assert.equal(await change(FINER, { tick_size: "0.0001" }), "changed");
  assert.deepEqual(await accept(orders), ["accepted", "invalid_tick 0.0001 230000.00"]);
  await act("resumeInstrument", { params: { symbol: FINER }, body: REASON });
  const [late] = orders;
  assert.ok(late !== undefined);
  await market.matched(await market.read(buyer, late.orderId));
});

test("an order that comes while the tick changes is checked against the new tick", async () => {
  const late = await staleOrder(buyer, buy(DURING, "95.01"));
  await halt(DURING);
  const accepted = await database.transaction(async (tx) => {
    const terms = await lockListed(tx, DURING);
    assert.ok(terms !== undefined);
    assert.equal((await lockTickAndLot(tx, DURING)).busy, false);
    const verdicts = accept([late]);
    await acceptanceWaits();
    await updateListing(tx, DURING, { ...terms, tickSize: usd("0.05") });
    return { verdicts };
  });
  assert.deepEqual(await accepted.verdicts, ["invalid_tick 0.05 95.01"]);
  await tradesAgain(DURING, "95.05");
});

test("a replace that was checked against a former tick or lot size is refused", async () => {
  const facts = await market.deps.reference.orderFacts(buyer, STALE);
  const reference = { ...market.deps.reference, orderFacts: async () => facts };
  await halt(STALE);
  assert.equal(await change(STALE, { ...NICKEL, lot_size: 10 }), "changed");
  await tradesAgain(STALE, "95.05");
  const placed = await market.place(buyer, buy(STALE, "95.10"));
  const resting = await market.matched(placed);
  const replace = async (terms: Partial<Change>): Promise<string> => {
    const { clientId, orderId, lockVersion: version } = await market.read(buyer, resting.orderId);
    const outcome = await replaceOrder(
      { ...market.deps, reference },
      {
        ...{ clientId, orderId, version, correlationId: "test", forMs: 5_000 },
        change: { quantity: undefined, price: undefined, stopPrice: undefined, ...terms },
      },
    );
    if (outcome.ok) return "accepted";
    const { failure } = outcome;
    return "limit" in failure ? `${failure.code} ${failure.limit} ${failure.value}` : failure.code;
  };
  assert.equal(await replace({ price: usd("95.01") }), "invalid_tick 0.05 95.01");
  assert.equal(await replace({ quantity: shares(15) }), "invalid_lot 10 15");
  const unchanged = await market.read(buyer, resting.orderId);
  assert.deepEqual([unchanged.pendingAction, unchanged.held], [undefined, resting.held]);
  assert.equal(await replace({ price: usd("95.15"), quantity: shares(20) }), "accepted");
  const replaced = await market.when(unchanged, ({ pendingAction }) => pendingAction === undefined);
  assert.equal(replaced.price, usd("95.15"));
});
