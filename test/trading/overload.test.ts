import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { toProblem } from "../../layers/http/to-problem.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createOrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { openDatabase } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { orderDesk } from "../support/exchange.ts";

// More orders than one process can accept, sent at their own pace whatever the answers do: what it
// cannot take it says at once, what it takes it still takes nearly as fast as ever, and who wants out
// gets out. The load comes from the process that is under load, so what is certain on a machine that
// others use is only that it does not collapse; `npm run bench:orders` tells how well it holds.

const CLOSED_LOOP = 256;
const SECONDS = 2;
const LIMIT_SECONDS = 30;
/** So many orders must be refused for the overload to be one. */
const REFUSALS = 200;
const TICK_MS = 5;
/** A collapse leaves a tenth of the goodput or less; sending and refusing the rest takes half of it. */
const LEAST_GOODPUT = 0.2;

const database = await testDatabase();
await createInstrument(database, "AAPL");
// As many connections as a service has, so that orders and cancels compete as they do there.
const pool = openDatabase({ url: database.url, poolSize: 10, applicationName: "overload" });
after(() => pool.end());
const desk = orderDesk({ ...pool, url: database.url });
const deps = {
  ...{ database: pool, newId: newUuid, clock: systemClock },
  reference: createReferenceData(pool),
  batcher: createOrderBatcher(pool),
};
const rich = () =>
  createTestClient(database, { cash: usd("1000000000"), maxOpenOrders: 1_000_000 });
const clients = await Promise.all(Array.from({ length: 20 }, rich));

type Tally = {
  placed: number;
  readonly refusalsMs: number[];
  readonly retryAfter: Set<string | undefined>;
};

const newTally = (): Tally => ({ placed: 0, refusalsMs: [], retryAfter: new Set() });

const placeOne = async (tally: Tally): Promise<void> => {
  const clientId = clients[Math.floor(Math.random() * clients.length)] as ClientId;
  const begun = performance.now();
  try {
    const terms = order("buy", 1, "100");
    const outcome = await placeOrder(deps, { clientId, terms, correlationId: "overload" });
    assert.ok(outcome.ok);
    tally.placed += 1;
  } catch (error) {
    const problem = toProblem(error);
    assert.equal(problem?.status, 503, String(error));
    tally.refusalsMs.push(performance.now() - begun);
    tally.retryAfter.add(problem?.headers?.["retry-after"]);
  }
};

/** Orders a second when everybody waits for an answer before asking again. */
const measureCapacity = async (): Promise<number> => {
  const tally = newTally();
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  const caller = async () => {
    while (elapsed() < SECONDS) await placeOne(tally);
  };
  await Promise.all(Array.from({ length: CLOSED_LOOP }, caller));
  return tally.placed / elapsed();
};

/**
 * Sends so many orders a second, however many are unanswered, for a while and until it has been as bad
 * as it should be; then awaits the last answer.
 */
const send = async (rate: number, tally: Tally, refusals: number): Promise<number> => {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  const asked: Promise<void>[] = [];
  while (elapsed() < SECONDS || tally.refusalsMs.length < refusals) {
    assert.ok(elapsed() < LIMIT_SECONDS, `only ${tally.refusalsMs.length} orders were refused`);
    const due = rate * elapsed();
    while (asked.length < due) asked.push(placeOne(tally));
    await delay(TICK_MS);
  }
  await Promise.all(asked);
  return tally.placed / elapsed();
};

/** What three times the capacity does, with orders that want out meanwhile. */
const overload = async (capacity: number) => {
  const owner = await rich();
  const resting = await Promise.all(
    Array.from({ length: 20 }, () => desk.place(owner, order("buy", 1, "90"))),
  );
  const tally = newTally();
  const sending = send(capacity * 3, tally, REFUSALS);
  const cancelsMs: number[] = [];
  for (const one of resting) {
    const begun = performance.now();
    const outcome = await desk.cancel(one, undefined, 0);
    assert.ok(outcome.ok, "a cancel was refused");
    cancelsMs.push(performance.now() - begun);
  }
  return { ...tally, goodput: await sending, cancelsMs };
};

test("three times what it can take: no collapse, quick refusals, and cancels still pass", async (t) => {
  await measureCapacity(); // warms everything up
  const capacity = await measureCapacity();
  const half = await send(capacity / 2, newTally(), 0);
  const whole = await send(capacity, newTally(), 0);
  const peak = Math.max(half, whole);
  let { goodput, refusalsMs, retryAfter, cancelsMs } = await overload(capacity);
  // A collapse is one every time; a machine that others use is seldom slow in the same moment again.
  for (let again = 0; again < 2 && goodput < LEAST_GOODPUT * peak; again += 1)
    ({ goodput, refusalsMs, retryAfter, cancelsMs } = await overload(capacity));

  const slowest = (values: readonly number[]) => Math.round(Math.max(0, ...values));
  const held = `${Math.round((100 * goodput) / peak)} % of the peak`;
  t.diagnostic(`capacity ${Math.round(capacity)} orders a second`);
  t.diagnostic(`half of it: ${Math.round(half)} accepted; all of it: ${Math.round(whole)}`);
  t.diagnostic(`three times: ${Math.round(goodput)} accepted, ${held}`);
  t.diagnostic(`${refusalsMs.length} refused, the slowest after ${slowest(refusalsMs)} ms`);
  t.diagnostic(`${cancelsMs.length} cancels, the slowest after ${slowest(cancelsMs)} ms`);

  assert.ok(refusalsMs.length >= REFUSALS);
  assert.deepEqual([...retryAfter], ["1"]);
  const told = refusalsMs.toSorted((left, right) => left - right);
  const median = told[Math.floor(told.length / 2)] ?? Number.NaN;
  assert.ok(median < 500, `half of the refusals took more than ${Math.round(median)} ms`);
  assert.ok(slowest(cancelsMs) < 5_000, "a cancel had to wait for the orders");
  assert.ok(goodput >= LEAST_GOODPUT * peak, `only ${held}`);
});
