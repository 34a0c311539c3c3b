import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { deposit } from "../../functions/deposit/deposit.ts";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import { settleWithdrawals } from "../../functions/settle-withdrawals/settle-withdrawals.ts";
import { withdraw } from "../../functions/withdraw/withdraw.ts";
import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createSandbox } from "../../layers/platform/payments.ts";
import { readTrialBalance } from "../../layers/store/ledger/adjustments.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// Sixteen workers move the cash and shares of six clients in every possible way, while a reader
// takes snapshots of all balances: at no moment is anything missing, duplicated or below zero.

const WORKERS = 16;
const CLIENTS = 6;
const SHARES_EACH = 300;
const SNAPSHOTS = 400;
const LOOK_MS = 20;
/** After this number of snapshots also sum the whole journal, which takes longer as it grows. */
const FOLD_EVERY = 25;
const LIMIT_MS = 90_000;

const database = await testDatabase(30);
await createInstrument(database, "AAPL");
const market = await exchange(database);
await market.start();
const below = randomBelow(SEED);
const clients = await Promise.all(
  Array.from({ length: CLIENTS }, () =>
    createTestClient(database, { cash: usd("20000"), shares: { AAPL: SHARES_EACH } }),
  ),
);

const pick = <T>(items: readonly T[]): T => {
  const item = items[below(items.length)];
  assert.ok(item !== undefined);
  return item;
};

/** The situations that were reached; a run without them proves nothing. */
const reached = {
  ...{ deposits: 0, placed: 0, refused: 0, cancelled: 0, tooLate: 0, withdrawals: 0, settled: 0 },
};
const openOrders: { readonly clientId: ClientId; readonly orderId: OrderId }[] = [];

const payIn = async (): Promise<void> => {
  const outcome = await deposit(market.deps, {
    ...{ clientId: pick(clients), key: newUuid(), amount: usd(`${1 + below(500)}.00`) },
    ...{ currency: "USD", correlationId: "bank" },
  });
  assert.ok(outcome.ok);
  reached.deposits += 1;
};

const place = async (): Promise<void> => {
  const clientId = pick(clients);
  const terms = order(pick(["buy", "sell"]), 1 + below(40), `${98 + below(5)}.00`);
  const outcome = await placeOrder(market.deps, { clientId, terms, correlationId: "bank" });
  market.deps.outboxNotifier.notify();
  if (outcome.ok) {
    reached.placed += 1;
    openOrders.push({ clientId, orderId: outcome.value.order.orderId });
    return;
  }
  assert.match(outcome.failure.code, /^insufficient_(funds|shares)$/);
  reached.refused += 1;
};

const cancel = async (): Promise<void> => {
  const [resting] = openOrders.splice(below(Math.max(1, openOrders.length)), 1);
  if (resting === undefined) return;
  const outcome = await market.cancel(resting, undefined, 0);
  if (outcome.ok) reached.cancelled += 1;
  else {
    assert.equal(outcome.failure.code, "invalid_state");
    reached.tooLate += 1;
  }
};

const seal = createSeal(TEST_MAIL_SECRET);

/** Some amounts end in .13: their payments fail, and the cash returns. */
const payOut = async (): Promise<void> => {
  const outcome = await withdraw(
    { ...market.deps, seal },
    {
      ...{ clientId: pick(clients), key: newUuid(), currency: "USD", correlationId: "bank" },
      amount: usd(`${1 + below(400)}.${pick(["00", "13"])}`),
    },
  );
  if (outcome.ok) reached.withdrawals += 1;
  else assert.match(outcome.failure.code, /^(insufficient_funds|too_many_withdrawals)$/);
};

const settle = async (): Promise<void> => {
  reached.settled += await settleWithdrawals({
    ...{ database, seal, logger: testLogger(), newId: newUuid },
    payments: createSandbox({ clock: () => new Date(), settlementSeconds: 0 }),
  });
};

const MIX = [
  ...[payIn, payIn, place, place, place, place, place, place, place, place],
  ...[cancel, cancel, cancel, cancel, payOut, settle],
] as const;

type Snapshot = {
  readonly cash: bigint;
  readonly paid_in: bigint;
  readonly paid_out: bigint;
  readonly shares: bigint;
  readonly below_zero: bigint;
  readonly drifted: bigint;
  readonly journal_id: bigint;
  readonly open_orders: bigint;
  readonly counted: bigint;
};

/** One statement is one snapshot: it contains all of a transaction or nothing. */
const look = async (): Promise<Snapshot> => {
  const { rows } = await database.query<Snapshot>(sql`
    select
      (select sum(available + held) from ledger.balance where asset = 'USD')::bigint as cash,
      (select sum(amount) from ledger.deposit)::bigint as paid_in,
      (select coalesce(sum(amount), 0) from ledger.withdrawal
        where status in ('pending', 'completed'))::bigint as paid_out,
      (select sum(available + held) from ledger.balance where asset = 'AAPL')::bigint as shares,
      (select count(*) from ledger.balance where least(available, held) < 0) as below_zero,
      (select count(*) from trading.hold_drift) as drifted,
      (select max(journal_id) from ledger.journal) as journal_id,
      (select count(*) from trading."order" where not closed) as open_orders,
      (select sum(open_orders) from ledger.balance)::bigint as counted`);
  const [row] = rows;
  assert.ok(row !== undefined);
  return row;
};

const countImbalances = async (): Promise<number> =>
  (await database.query(sql`select client_id from ledger.imbalance`)).rows.length;

/** Takes snapshots while work is being done; returns how many differed from the one before. */
const watch = async (t: TestContext, busy: () => boolean): Promise<number> => {
  const deadline = performance.now() + LIMIT_MS;
  let moved = 0;
  let last = 0n;
  for (let taken = 1; taken <= SNAPSHOTS; taken += 1) {
    assert.ok(performance.now() < deadline, `only ${taken} snapshots in ${LIMIT_MS} ms`);
    assert.ok(busy(), "the workers have stopped");
    const seen = await look();
    assert.equal(seen.cash, seen.paid_in - seen.paid_out, "cash came or went by other ways");
    assert.equal(seen.shares, BigInt(CLIENTS * SHARES_EACH), "shares came or went");
    assert.deepEqual([seen.below_zero, seen.drifted], [0n, 0n]);
    assert.equal(seen.open_orders, seen.counted, "open orders are counted wrong");
    if (taken % FOLD_EVERY === 0) assert.equal(await countImbalances(), 0, "not what was posted");
    if (seen.journal_id !== last) moved += 1;
    last = seen.journal_id;
    await delay(LOOK_MS);
  }
  t.diagnostic(`${SNAPSHOTS} snapshots, ${moved} of them of a bank that had moved`);
  return moved;
};

test("the balances add up at every moment, whatever sixteen workers do at once", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  // Opens the connections before the load begins: a connection must be there within two seconds.
  await Promise.all(Array.from({ length: WORKERS + 1 }, look));
  let working = true;
  const work = async (): Promise<void> => {
    while (working) await pick(MIX)();
  };
  const workers = Promise.all(Array.from({ length: WORKERS }, work));
  const moved = await Promise.race([
    watch(t, () => working),
    workers.then(() => Number.NaN),
  ]).finally(() => {
    working = false;
  });
  await workers;
  await until(
    async () => {
      const { rows } = await database.query(sql`
      select from trading."order" where not closed and (status = 'new' or pending_action is not null)
      limit 1`);
      return rows.length === 0;
    },
    "everything is matched",
    60_000,
  );
  await until(async () => {
    await settle();
    const { rows } = await database.query(sql`
      select from ledger.withdrawal where status = 'pending' limit 1`);
    return rows.length === 0;
  }, "every withdrawal has ended");
  const sums = new Map<string, bigint>();
  for (const { asset, amount } of await readTrialBalance(database))
    sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  assert.deepEqual(Object.fromEntries(sums), { AAPL: 0n, USD: 0n }, "the trial balance");
  const { rows } = await database.query<{ trades: bigint }>(
    sql`select count(*) as trades from trading.trade`,
  );
  const trades = Number(rows[0]?.trades);
  t.diagnostic(JSON.stringify({ ...reached, trades }));
  assert.ok(moved >= SNAPSHOTS / 2, `the bank hardly moved: ${moved} of ${SNAPSHOTS}`);
  for (const [what, times] of Object.entries({ ...reached, trades }))
    assert.ok(times >= 20, `hardly any ${what}: ${times}`);
});
