import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { listDeposits } from "../../layers/store/ledger/deposits.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { usd } from "../../layers/testing/terms.ts";
import { deposit } from "./deposit.ts";

const database = await testDatabase();
const deps = {
  ...{ database, clock: systemClock, newId: newUuid },
  reference: createReferenceData(database),
};

const ask = (clientId: ClientId, key: string, amount = "10.00", currency = "USD") =>
  deposit(deps, { clientId, key, amount: usd(amount), currency, correlationId: "test" });

const cash = async (clientId: ClientId): Promise<bigint | undefined> => {
  const { rows } = await database.query<{ available: bigint }>(
    sql`select available from ledger.balance where client_id = ${clientId} and asset = 'USD'`,
  );
  return rows[0]?.available;
};

test("a deposit is credited and written to journal, list and audit", async () => {
  const client = await createTestClient(database);
  const outcome = await ask(client, "first", "12.34");
  assert.ok(outcome.ok && !outcome.value.replayed);
  assert.equal(await cash(client), usd("12.34"));
  const [listed] = await listDeposits(database, client, { after: undefined, limit: 10 });
  const response = JSON.parse(outcome.value.answer);
  assert.equal(response.amount, "12.34");
  assert.equal(listed?.depositId, response.deposit_id);
  assert.equal(listed?.createdAt.toISOString(), response.created_at);
  const { rows } = await database.query(
    sql`select from trading.audit where action = 'deposit_credited' and subject = ${response.deposit_id}`,
  );
  assert.equal(rows.length, 1);
});

test("the same key and body gives the first answer byte for byte and credits nothing more", async () => {
  const client = await createTestClient(database);
  const first = await ask(client, "again");
  const second = await ask(client, "again");
  assert.ok(first.ok && second.ok);
  assert.equal(second.value.replayed, true);
  assert.equal(second.value.answer, first.value.answer);
  assert.equal(await cash(client), usd("10"));
});

test("the same key with another body is refused and credits nothing", async () => {
  const client = await createTestClient(database);
  await ask(client, "other");
  assert.deepEqual(await ask(client, "other", "10.01"), {
    ok: false,
    failure: { code: "idempotency_key_reused" },
  });
  assert.equal(await cash(client), usd("10"));
});

test("keys belong to a client: the same key of another client is a new key", async () => {
  const [alice, bob] = [await createTestClient(database), await createTestClient(database)];
  await ask(alice, "shared");
  const outcome = await ask(bob, "shared");
  assert.ok(outcome.ok && !outcome.value.replayed);
  assert.equal(await cash(bob), usd("10"));
});

test("fifty parallel requests with one key credit once", async () => {
  const client = await createTestClient(database);
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask(client, "race")));
  assert.equal(await cash(client), usd("10"));
  assert.equal(outcomes.filter((outcome) => outcome.ok && !outcome.value.replayed).length, 1);
  const answers = new Set(
    outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.answer] : [])),
  );
  assert.equal(answers.size, 1);
  for (const outcome of outcomes)
    assert.ok(outcome.ok || outcome.failure.code === "idempotency_key_in_flight");
});

test("a second request while the first is in flight is refused as in flight", async () => {
  const client = await createTestClient(database);
  await database.transaction(async (tx) => {
    const held = `deposit ${client} slow`;
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${held}, 0))`);
    assert.deepEqual(await ask(client, "slow"), {
      ok: false,
      failure: { code: "idempotency_key_in_flight" },
    });
  });
  const later = await ask(client, "slow");
  assert.ok(later.ok && !later.value.replayed);
});

test("only the account's own currency can be deposited, and only by a client", async () => {
  const client = await createTestClient(database);
  const refused = { ok: false, failure: { code: "currency_mismatch" } };
  assert.deepEqual(await ask(client, "eur", "10.00", "EUR"), refused);
  assert.deepEqual(await ask(newUuid() as ClientId, "nobody"), refused);
});

test("pages of deposits stay the same while new ones arrive", async () => {
  const client = await createTestClient(database);
  for (let count = 0; count < 5; count += 1) await ask(client, `page-${count}`);
  const newest = await listDeposits(database, client, { after: undefined, limit: 3 });
  await ask(client, "late");
  const rest = await listDeposits(database, client, { after: newest.at(-1)?.depositId, limit: 3 });
  assert.equal(rest.length, 2);
  const ids = new Set([...newest, ...rest].map(({ depositId }) => depositId));
  assert.equal(ids.size, 5);
});

test("the daily limit of a client holds, also for parallel deposits, and is reset the next day", async () => {
  const client = await createTestClient(database);
  await database.query(sql`
    update trading.account set max_daily_deposits = 100000 where client_id = ${client}`);
  const limited = { ...deps, reference: createReferenceData(database) };
  const pay = (key: string, at = new Date("2026-03-01T23:59:59Z")) =>
    deposit(
      { ...limited, clock: () => at },
      {
        ...{ clientId: client, key, amount: usd("3"), currency: "USD", correlationId: "test" },
      },
    );
  const outcomes = await Promise.all(Array.from({ length: 8 }, (_, index) => pay(`key ${index}`)));
  assert.equal(outcomes.filter(({ ok }) => ok).length, 3);
  for (const outcome of outcomes)
    if (!outcome.ok) assert.equal(outcome.failure.code, "deposit_limit");
  const refused = outcomes.findIndex(({ ok }) => !ok);
  const nextDay = new Date("2026-03-02T00:00:00Z");
  assert.equal((await pay(`key ${refused}`, nextDay)).ok, true, "a refused key may be used again");
});
