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
import { testDatabase, withDefaultWait } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { createOrderPath } from "../support/exchange.ts";

// More orders than a process can accept, sent at a fixed rate whatever the answers are: orders it
// cannot accept are refused at once, the goodput stays nearly as high as before, and cancels are
// still accepted. The load comes from the process under load, so on a shared machine this test can
// only show that the goodput does not collapse; `npm run bench:orders` measures it.

const CLOSED_LOOP = 256;
const SECONDS = 2;
const LIMIT_SECONDS = 30;
/** How many orders must be refused before it counts as an overload. */
const REFUSALS = 200;
const TICK_MS = 5;
/**
 * In a collapse the goodput falls to a tenth or less; sending and refusing the rest takes half of
 * it.
 */
const LEAST_GOODPUT = 0.2;

const database = await testDatabase();
await createInstrument(database, "AAPL");
// As many connections as a service has, so that orders and cancels compete as they do there.
const url = withDefaultWait(database.url);
const pool = openDatabase({ url, poolSize: 10, applicationName: "overload" });
after(() => pool.end());
const orderPath = createOrderPath({ ...pool, url: database.url });
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

/** Orders a second when each client waits for an answer before it sends again. */
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
 * Sends orders at this rate, however many are unanswered, for some time and until enough of them
 * were refused; then waits for the last answer.
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

/** Three times the capacity, with cancels meanwhile. */
const overload = async (capacity: number) => {
  const owner = await rich();
  const resting = await Promise.all(
    Array.from({ length: 20 }, () => orderPath.place(owner, order("buy", 1, "90"))),
  );
  const tally = newTally();
  const sending = send(capacity * 3, tally, REFUSALS);
  const cancelsMs: number[] = [];
  for (const order of resting) {
    const begun = performance.now();
    const outcome = await orderPath.cancel(order, undefined, 0);
    assert.ok(outcome.ok, "a cancel was refused");
    cancelsMs.push(performance.now() - begun);
  }
  return { ...tally, goodput: await sending, cancelsMs };
};

test("at three times its capacity: no collapse, quick refusals, and cancels are still accepted", async (t) => {
  await measureCapacity(); // warms everything up
  const capacity = await measureCapacity();
  const half = await send(capacity / 2, newTally(), 0);
  const whole = await send(capacity, newTally(), 0);
  const peak = Math.max(half, whole);
  let { goodput, refusalsMs, retryAfter, cancelsMs } = await overload(capacity);
  // A collapse shows every time; a shared machine is rarely slow twice at the same moment.
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
