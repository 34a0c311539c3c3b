import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createExpiry } from "../../functions/expire-orders/expire-orders.ts";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// Orders and time: sessions, DAY and GTD, on a real matcher. The market LATER opens in some days; a
// test opens it by giving the instrument another calendar, as an operator could.

const database = await testDatabase();
const market = await exchange(database);
const scheduler = openDatabase({
  url: asRole(database.url, "brokerx_scheduler"),
  poolSize: 4,
  applicationName: "test scheduler",
});
after(() => scheduler.end());

const DAY_MS = 86_400_000;
const LATER = "LATER" as Ticker;
const { outboxNotifier } = market.deps;
const logger = testLogger();
const passAt = (clock = systemClock) =>
  createExpiry({ database: scheduler, clock, outboxNotifier, logger })();
const tomorrow = () => new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS + 1_000);

let buyer: ClientId;
let seller: ClientId;

before(async () => {
  const inThreeDays = (new Date().getUTCDay() + 3) % 7 || 7;
  await database.query(sql`
    insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays)
    values ('LATER', 'In three days', 'UTC', '09:00', '17:00', array[${inThreeDays}]::smallint[])`);
  for (const symbol of ["AAPL", LATER]) await createInstrument(database, symbol);
  await setCalendar("LATER");
  buyer = await createTestClient(database, { cash: usd("100000") });
  seller = await createTestClient(database, { shares: { AAPL: 1_000, LATER: 1_000 } });
  await market.start();
});

const setCalendar = async (calendar: string): Promise<void> => {
  await database.query(
    sql`update market.instrument set calendar = ${calendar} where symbol = ${LATER}`,
  );
  await until(async () => {
    const listings = await market.deps.reference.listings();
    const found = listings.find(({ instrument }) => instrument.symbol === LATER);
    return found?.instrument.calendar === calendar;
  }, "the calendar is known");
};

const late = (direction: "buy" | "sell", price?: string, rest = {}) =>
  order(direction, 5, price, { symbol: LATER, ...rest });

const commandsOf = async ({ orderId }: Order): Promise<readonly string[]> => {
  const { rows } = await database.query<{ type: string }>(sql`
    select command->>'type' as type from trading.command
    where command->>'orderId' = ${orderId}
    order by seq`);
  return rows.map(({ type }) => type);
};

const pendingCancels = async (): Promise<number> => {
  const { rows } = await database.query<{ count: bigint }>(sql`
    select count(*) from trading."order" where pending_action = 'pending_cancel'`);
  return Number(rows[0]?.count);
};

const refusal = async (terms: ReturnType<typeof order>): Promise<string> => {
  const outcome = await placeOrder(market.deps, { clientId: buyer, terms, correlationId: "test" });
  return outcome.ok ? "accepted" : outcome.failure.code;
};

const ended = async (placed: Order) => {
  const { status, reason, held } = await market.over(placed);
  return { status, reason, held };
};
const WITHDRAWN = { status: "cancelled", reason: "requested", held: 0n };
const EXPIRED = { status: "expired", reason: "time", held: 0n };

test("an order outside a session is accepted, holds its money, and reaches the book when the market opens", async () => {
  const buy = await market.place(buyer, late("buy", "101.00"));
  const sell = await market.place(seller, late("sell", "100.00"));
  assert.deepEqual(await passAt(), { expired: 0, released: 0, withdrawn: 0, cancelled: 0 });
  for (const waiting of [buy, sell]) {
    assert.equal((await market.read(waiting.clientId, waiting.orderId)).status, "new");
    assert.deepEqual(await commandsOf(waiting), []);
  }
  assert.equal(buy.held, usd("505.00"));

  await setCalendar("ALWAYS");
  assert.deepEqual(await passAt(), { expired: 0, released: 2, withdrawn: 0, cancelled: 0 });
  assert.equal((await market.over(buy)).status, "filled");
  assert.equal((await market.over(sell)).filledNotional, usd("505.00"));
  await setCalendar("LATER");
});

test("waiting orders are released in the order of their acceptance", async () => {
  const first = await market.place(seller, late("sell", "100.00"));
  const second = await market.place(seller, late("sell", "100.00"));
  const buy = await market.place(buyer, late("buy", "100.00"));
  await setCalendar("ALWAYS");
  await passAt();
  await market.over(buy);
  assert.equal((await market.over(first)).status, "filled");
  assert.equal((await market.matched(second)).filledQuantity, 0);
  await market.cancel(second);
  await market.over(second);
  await setCalendar("LATER");
});

test("orders that an operator has stopped keep waiting when the market opens", async () => {
  const waiting = await market.place(buyer, late("buy", "90.00", { timeInForce: "GTC" }));
  const stop = sql`
    insert into trading.control (scope, subject, reason, set_by)
    values ('client', ${buyer}, 'a test', ${seller})`;
  await database.query(stop);
  await setCalendar("ALWAYS");
  assert.equal((await passAt()).released, 0);
  await database.query(sql`delete from trading.control`);
  await database.query(sql`update market.instrument set status = 'halted' where symbol = 'LATER'`);
  assert.equal((await passAt()).released, 0);
  await database.query(sql`update market.instrument set status = 'trading' where symbol = 'LATER'`);
  assert.equal((await passAt()).released, 1);
  assert.equal((await market.matched(waiting)).status, "working");
  await market.cancel(waiting);
  await market.over(waiting);
  await setCalendar("LATER");
  await until(async () => (await refusal(late("buy", "89.00"))) === "accepted", "orders are taken");
});

test("a waiting order can be cancelled, and then never reaches the book", async () => {
  const waiting = await market.place(buyer, late("buy", "101.00"));
  const cancelled = market.cancel(waiting);
  await until(async () => (await passAt()).withdrawn === 1, "the order is withdrawn");
  await cancelled;
  assert.deepEqual(await ended(waiting), WITHDRAWN);
  assert.equal((await passAt()).withdrawn, 0);
});

test("of a hundred orders cancelled while the market opens, none stays pending and none trades later", async () => {
  const waiting: Order[] = [];
  for (let count = 0; count < 100; count += 1)
    waiting.push(await market.place(buyer, late("buy", "90.00")));
  // Ten are cancelled before the market opens, ten after it, and the others meanwhile.
  const before = waiting.slice(0, 10).map((waitingOrder) => market.cancel(waitingOrder));
  await until(async () => (await pendingCancels()) === 10, "ten cancels are recorded");
  await setCalendar("ALWAYS");
  const opening = (async () => {
    for (let rounds = 0; rounds < 20; rounds += 1) await passAt();
  })();
  await Promise.all(waiting.slice(10, 90).map((waitingOrder) => market.cancel(waitingOrder)));
  await opening;
  await Promise.all(before);
  await Promise.all(waiting.slice(90).map((waitingOrder) => market.cancel(waitingOrder)));
  await passAt();
  for (const waitingOrder of waiting) assert.deepEqual(await ended(waitingOrder), WITHDRAWN);
  const released = await Promise.all(waiting.map(commandsOf));
  assert.ok(
    released.some((commands) => commands[0] === "cancel"),
    "no cancel came before its place",
  );
  assert.ok(
    released.some((commands) => commands[0] === "place"),
    "no place came before its cancel",
  );
  await setCalendar("LATER");
});

test("a warning is logged once a day in the last year of a market's calendar", async () => {
  const warnings = () => logger.lines.filter(({ facts }) => "calendar" in facts);
  await setCalendar("XNYS");
  const pass = createExpiry({
    ...{ database: scheduler, outboxNotifier, logger },
    clock: () => new Date("2040-06-01T12:00:00Z"),
  });
  const before = createExpiry({
    ...{ database: scheduler, outboxNotifier, logger },
    clock: () => new Date("2039-12-31T12:00:00Z"),
  });
  await before();
  assert.equal(warnings().length, 0);
  await pass();
  await pass();
  assert.deepEqual(
    warnings().map(({ facts }) => (facts as { readonly calendar: string }).calendar),
    ["XNYS"],
  );
  await setCalendar("LATER");
});

test("orders that cannot wait are refused while the market is closed", async () => {
  assert.equal(await refusal(late("buy", "101.00", { timeInForce: "IOC" })), "market_closed");
  assert.equal(await refusal(late("buy", undefined, { timeInForce: "FOK" })), "market_closed");
  assert.equal(await refusal(order("buy", 1, "90.00", { timeInForce: "IOC" })), "accepted");
});

test("an order in the book is not replaced while the market is closed, but it can be cancelled", async () => {
  await setCalendar("ALWAYS");
  const resting = await market.matched(
    await market.place(buyer, late("buy", "90.00", { timeInForce: "GTC" })),
  );
  await setCalendar("LATER");
  const replaced = await market.replace(resting, { price: usd("91.00") });
  assert.equal(replaced.ok ? "accepted" : replaced.failure.code, "market_closed");
  await market.cancel(resting);
  assert.deepEqual(await ended(resting), WITHDRAWN);
});

test("a DAY order ends with its day, and an order without an end stays", async () => {
  const day = await market.matched(await market.place(buyer, order("buy", 5, "90.00")));
  const gtc = await market.matched(
    await market.place(buyer, order("buy", 5, "90.00", { timeInForce: "GTC" })),
  );
  assert.equal((await passAt()).expired, 0);
  assert.equal((await passAt(tomorrow)).expired, 1);
  assert.deepEqual(await ended(day), EXPIRED);
  assert.equal((await market.read(buyer, gtc.orderId)).status, "working");
  assert.equal((await passAt(tomorrow)).expired, 0);
});

test("a GTD order ends at its time, in the book or while it waits for the market", async () => {
  const expiresAt = new Date(Date.now() + 3_600_000);
  const rest = { timeInForce: "GTD", expiresAt } as const;
  const resting = await market.matched(await market.place(buyer, order("buy", 5, "90.00", rest)));
  const waiting = await market.place(buyer, late("buy", "90.00", rest));
  assert.equal((await passAt(() => new Date(expiresAt.getTime() - 1))).expired, 0);
  assert.equal((await passAt(() => expiresAt)).expired, 2);
  assert.deepEqual(await ended(resting), EXPIRED);
  assert.deepEqual(await ended(waiting), EXPIRED);
});

test("four schedulers at once expire each order once", async () => {
  const placed: Order[] = [];
  for (let count = 0; count < 20; count += 1)
    placed.push(await market.place(buyer, order("buy", 1, "90.00")));
  await market.matched(placed[19] as Order);
  const passes = await Promise.all(Array.from({ length: 4 }, () => passAt(tomorrow)));
  assert.equal(
    passes.reduce((sum, { expired }) => sum + expired, 0),
    20,
  );
  for (const waitingOrder of placed) {
    assert.deepEqual(await ended(waitingOrder), EXPIRED);
    assert.deepEqual(await commandsOf(waitingOrder), ["place", "expire"]);
  }
  await passAt(tomorrow);
  const { rows } = await database.query(sql`select from trading.expiry_request`);
  assert.equal(rows.length, 0, "what is over is forgotten");
});

test("a fill that comes before the expiry counts: the matcher decides", async () => {
  const sell = await market.place(seller, order("sell", 5, "95.00"));
  const buy = await market.place(buyer, order("buy", 5, "95.00"));
  await passAt(tomorrow);
  assert.equal((await market.over(buy)).status, "filled");
  assert.equal((await market.over(sell)).status, "filled");
});

test("an order trades until its end and not after it, even when nothing expires orders", async () => {
  await setCalendar("ALWAYS");
  const expiresAt = new Date(Date.now() + 700);
  const terms = { timeInForce: "GTD", expiresAt } as const;
  const resting = await market.matched(await market.place(buyer, order("buy", 2, "95.00", terms)));
  const early = await market.over(
    await market.place(seller, order("sell", 1, "95.00", { timeInForce: "IOC" })),
  );
  assert.equal(early.status, "filled", "it traded before its end");
  await until(() => Date.now() > expiresAt.getTime(), "the end of the order");
  const late = await market.over(
    await market.place(seller, order("sell", 1, "95.00", { timeInForce: "IOC" })),
  );
  assert.deepEqual([late.status, late.filledQuantity], ["expired", 0]);
  const over = await market.over(resting);
  assert.deepEqual([over.status, over.filledQuantity], ["expired", 1]);
});

test("the end of an order is kept across a restart of the matcher", async () => {
  const expiresAt = new Date(Date.now() + 700);
  const terms = { timeInForce: "GTD", expiresAt } as const;
  const resting = await market.matched(await market.place(buyer, order("buy", 1, "95.00", terms)));
  await market.stop();
  await market.start();
  await until(() => Date.now() > expiresAt.getTime(), "the end of the order");
  const late = await market.over(
    await market.place(seller, order("sell", 1, "95.00", { timeInForce: "IOC" })),
  );
  assert.deepEqual([late.status, late.filledQuantity], ["expired", 0]);
  assert.equal((await market.over(resting)).status, "expired");
});
