import assert from "node:assert/strict";
import { test } from "node:test";
import { closeAccount } from "../../functions/close-account/close-account.ts";
import { deposit } from "../../functions/deposit/deposit.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { setStatus } from "../../layers/store/identity/clients.ts";
import { findLeftovers } from "../../layers/store/ledger/leftovers.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";

// A deposit and the closing of the account at the same moment: no cash is left in a closed account.

const database = await testDatabase();
const reference = createReferenceData(database);
const deps = { database, reference, clock: systemClock, newId: newUuid };

const payIn = (clientId: ClientId) =>
  deposit(deps, {
    ...{ clientId, key: newUuid(), amount: usd("10"), currency: "USD", correlationId: "test" },
  });
const close = (clientId: ClientId) => closeAccount({ database }, { clientId, correlationId: "t" });

const stateOf = async (clientId: ClientId) => {
  const { rows } = await database.query<{ status: string; available: bigint; keys: bigint }>(sql`
    select status, available,
      (select count(*) from ledger.idempotency_key where client_id = ${clientId}) as keys
    from identity.client
    join ledger.balance using (client_id)
    where client_id = ${clientId}`);
  return rows[0] ?? assert.fail();
};

test("a deposit that waits for an account which is being closed is refused", async () => {
  const client = await createTestClient(database);
  let waiting: ReturnType<typeof payIn> | undefined;
  await database.transaction(async (tx) => {
    assert.deepEqual(await findLeftovers(tx, client), []);
    waiting = payIn(client);
    await until(async () => {
      const { rows } = await database.query(sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
          and query like '%credit_deposit%'`);
      return rows.length === 1;
    }, "the deposit waits");
    await setStatus(tx, client, "closed");
  });
  assert.deepEqual(await waiting, { ok: false, failure: { code: "client_not_active" } });
  assert.deepEqual(await stateOf(client), { status: "closed", available: 0n, keys: 0n });
});

test("of a deposit and a closing at the same moment, one is refused", async (t) => {
  const seen = { deposited: 0, closed: 0 };
  for (let round = 0; round < 40; round += 1) {
    const client = await createTestClient(database);
    await reference.account(client);
    const both = round % 2 === 0 ? [payIn(client), close(client)] : [close(client), payIn(client)];
    const outcomes = await Promise.all(both);
    const { status, available } = await stateOf(client);
    const isClosed = status === "closed";
    assert.equal(available, isClosed ? 0n : usd("10"));
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
    seen[isClosed ? "closed" : "deposited"] += 1;
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.closed > 0 && seen.deposited > 0, "both orders of events happened");
});

test("a client who is suspended at this moment cannot turn the suspension into a closing", async () => {
  const client = await createTestClient(database);
  await database.transaction((tx) => setStatus(tx, client, "suspended"));
  assert.deepEqual(await close(client), { ok: false, failure: { code: "client_not_active" } });
  assert.equal((await stateOf(client)).status, "suspended");
});
