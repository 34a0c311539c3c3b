import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ClientId } from "../../domain/identifiers.ts";
import { money } from "../../domain/units.ts";
import { createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { asRole } from "../../testing/http.ts";
import { randomBelow, SEED } from "../../testing/random.ts";
import { until } from "../../testing/until.ts";
import { type Executor, openDatabase, sql } from "../pg/database.ts";
import { advanceCheckpoint, countDrift } from "./ledger-check.ts";

const database = await testDatabase();
const url = asRole(database.url, "brokerx_matcher");
const matcher = openDatabase({ url, poolSize: 2, applicationName: "test" });
after(() => matcher.end());
const below = randomBelow(SEED);
/** Other test files keep transactions open on the same server, for a minute at most. */
const PATIENCE_MS = 90_000;

const advance = (atMost = 1_000) => advanceCheckpoint(matcher, { markedFor: "0", atMost });

/**
 * Chooses a position and moves the checkpoint there; other tests on this server may delay it for a
 * moment.
 */
const advanceAll = async (): Promise<void> => {
  const [newest] = (
    await database.query<{ readonly id: bigint }>(
      sql`select max(journal_id) as id from ledger.journal`,
    )
  ).rows;
  await until(
    async () => {
      await advance();
      return (await place()) >= (newest?.id ?? 0n);
    },
    "the checkpoint has everything",
    PATIENCE_MS,
  );
};

const place = async (): Promise<bigint> => {
  const { rows } = await database.query<{ readonly until_journal: bigint }>(
    sql`select until_journal from ledger.checkpoint`,
  );
  return rows[0]?.until_journal ?? -1n;
};

/** Holds some of a client's cash, or releases it, as orders do: journal and balance together. */
const move = async (db: Executor, client: ClientId, amount: number): Promise<void> => {
  await db.query(sql`
    with moved as (
      update ledger.balance set available = available - ${amount}, held = held + ${amount}
      where client_id = ${client} and asset = 'USD'
    )
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    values ('correction', 'test', 'USD', abs(${amount}::bigint),
      ${client}, ${amount > 0 ? "available" : "held"}, ${client}, ${amount > 0 ? "held" : "available"})`);
};

const corrected = async (client: ClientId): Promise<void> => {
  const { rows } = await database.query<{ readonly held: bigint }>(
    sql`select held from ledger.balance where client_id = ${client} and asset = 'USD'`,
  );
  if ((rows[0]?.held ?? 0n) > 0n) await move(database, client, -Number(rows[0]?.held));
};

test("the ledger balances from every position of the checkpoint", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const open = () => createTestClient(database, { cash: money(1_000_000n) });
  const clients = await Promise.all([open(), open(), open()]);
  const places = new Set<bigint>();
  const round = async (): Promise<boolean> => {
    const client = clients[below(3)] as ClientId;
    await move(database, client, 1 + below(100));
    if (below(3) === 0) await corrected(client);
    await advance(1 + below(5));
    places.add(await place());
    assert.deepEqual((await countDrift(matcher)).imbalance, 0);
    return places.size > 5;
  };
  for (let count = 0; count < 40; count += 1) await round();
  await until(round, "the checkpoint stood at more than five places", PATIENCE_MS);
  await advanceAll();
  assert.equal((await countDrift(matcher)).imbalance, 0);
  for (const client of clients) await corrected(client);
});

test("the checkpoint does not pass a row that is not committed yet", async () => {
  const slow = await createTestClient(database, { cash: money(1_000_000n) });
  const quick = await createTestClient(database, { cash: money(1_000_000n) });
  await advanceAll();
  const before = await place();
  await database.transaction(async (tx) => {
    await move(tx, slow, 7);
    await move(database, quick, 5);
    for (let call = 0; call < 4; call += 1) await advance();
    assert.equal(await place(), before);
    assert.equal((await countDrift(matcher)).imbalance, 0);
  });
  await advanceAll();
  assert.ok((await place()) > before);
  assert.equal((await countDrift(matcher)).imbalance, 0);
  await Promise.all([corrected(slow), corrected(quick)]);
});

test("a balance that was changed directly is found, also behind the checkpoint", async () => {
  const client = await createTestClient(database, { cash: money(1_000_000n) });
  await advanceAll();
  const alter = (amount: number) =>
    database.query(sql`
      update ledger.balance set available = available + ${amount}
      where client_id = ${client} and asset = 'USD'`);
  await alter(1);
  assert.equal((await countDrift(matcher)).imbalance, 1);
  await alter(-1);
  assert.equal((await countDrift(matcher)).imbalance, 0);
});

test("a chosen position is not used too early", async () => {
  const client = await createTestClient(database, { cash: money(1_000_000n) });
  await advanceAll();
  await move(database, client, 3);
  await advance();
  const before = await place();
  assert.equal(await advanceCheckpoint(matcher), 0);
  assert.equal(await place(), before);
  await corrected(client);
});
