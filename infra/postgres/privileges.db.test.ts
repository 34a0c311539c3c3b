import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { money } from "../../layers/domain/units.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { openDatabase, type Sql, sql, sqlState } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";

// What a service's stolen connection string must not allow.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const client = await createTestClient(database, { cash: money(1_000_000n) });

const NOT_ALLOWED = "42501";
const connections = new Map<string, ReturnType<typeof openDatabase>>();
after(() => Promise.all([...connections.values()].map((connection) => connection.end())));

const as = (service: string) => {
  const known = connections.get(service);
  if (known !== undefined) return known;
  const url = asRole(database.url, `brokerx_${service}`);
  const opened = openDatabase({ url, poolSize: 1, applicationName: service });
  connections.set(service, opened);
  return opened;
};

const isRefused = async (service: string, statement: Sql): Promise<void> => {
  await assert.rejects(
    as(service).query(statement),
    (error) => sqlState(error) === NOT_ALLOWED,
    `${service} was allowed: ${statement.text}`,
  );
};

const SERVICES = ["identity", "orders", "matcher", "feed", "notifier", "admin", "scheduler"];

test("the owner of the database is not a superuser, and no setting disables a guarding trigger", async () => {
  const { rows: owner } = await database.query(sql`
    select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls
    from pg_roles where rolname = current_user`);
  assert.deepEqual(owner, [
    { rolsuper: false, rolcreaterole: true, rolcreatedb: true, rolbypassrls: false },
  ]);
  await assert.rejects(
    database.query(sql`set session_replication_role = replica`),
    (error) => sqlState(error) === NOT_ALLOWED,
  );
  const { rows: silenced } = await database.query(sql`
    select tgname
    from pg_trigger
    where not tgisinternal and tgenabled <> 'A'`);
  assert.deepEqual(silenced, []);
});

test("identity cannot create shares or cash", async () => {
  await isRefused(
    "identity",
    sql`insert into ledger.balance (client_id, asset, available) values (${client}, 'AAPL', 1000)`,
  );
  await isRefused("identity", sql`update ledger.balance set available = available + 1`);
  await isRefused(
    "identity",
    sql`insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket,
      credit_account, credit_bucket)
    values ('grant', 'x', 'AAPL', 1, ${client}, 'available', ${client}, 'held')`,
  );
});

test("identity cannot make itself an administrator, or lift the limits of an account", async () => {
  await isRefused("identity", sql`update identity.client set roles = '{admin}'`);
  await isRefused(
    "identity",
    sql`insert into identity.client (client_id, email, email_key, first_name, last_name,
      date_of_birth, password_hash, roles)
    values (gen_random_uuid(), 'a', 'a', 'a', 'a', '1990-01-01', 'a', '{admin}')`,
  );
  await isRefused("identity", sql`update trading.account set max_open_orders = 1000000`);
  await isRefused(
    "identity",
    sql`insert into trading.account (client_id, max_open_orders)
    values (gen_random_uuid(), 1000000)`,
  );
});

test("orders cannot create money, not even with entries that balance", async () => {
  await isRefused("orders", sql`update ledger.balance set available = available + 1`);
  await isRefused(
    "orders",
    sql`insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket,
      credit_account, credit_bucket)
    values ('deposit', 'x', 'USD', 1, '00000000-0000-0000-0000-000000000001', 'house', ${client},
      'available')`,
  );
  await isRefused(
    "orders",
    sql`insert into ledger.deposit (deposit_id, client_id, amount, currency)
    values (gen_random_uuid(), ${client}, 100, 'USD')`,
  );
});

const deposit = (amount: number, currency: string) =>
  as("orders").query(sql`
    select ledger.credit_deposit(${client}, ${`${amount} ${currency}`}, ${Buffer.alloc(32)}, '{}',
      gen_random_uuid(), ${amount}, ${currency}, now(), 'test')`);

test("the matcher writes by settling only, and settling cannot create cash or shares", async () => {
  await isRefused("matcher", sql`update ledger.balance set available = available + 1`);
  await isRefused("matcher", sql`update trading."order" set held = 0`);
  await isRefused("matcher", sql`update trading.book set settled_seq = 0`);
  await isRefused("matcher", sql`delete from trading.resting_order`);
  await isRefused(
    "matcher",
    sql`insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket,
      credit_account, credit_bucket)
    values ('trade', 'x', 'USD', 1, ${newUuid()}, 'held', ${client}, 'available')`,
  );
  await isRefused("matcher", sql`insert into trading.trade select * from trading.trade`);
  const settle = (transfers: string, balances: string) =>
    as("matcher").query(sql`
      select trading.settle(
        row('AAPL', 'USD', 0, 1, 1, null, null, now(), now())::trading.settled_batch, '{}', '{}',
        '{}', ${transfers}::trading.settled_transfer[], ${balances}::trading.balance_change[], '{}')`);
  const bank = "00000000-0000-0000-0000-000000000001";
  for (const [transfers, balances] of [
    ["{}", `{"(${client},USD,100,0,0,,,,,)"}`],
    [`{"(trade,x,USD,100,${bank},house,${client},available)"}`, "{}"],
    [`{"(deposit,x,USD,100,${newUuid()},held,${client},available)"}`, "{}"],
  ] as const)
    await assert.rejects(settle(transfers, balances), /creates cash or shares/);
});

test("a deposit has a maximum and the currency of the account, so it cannot create shares", async () => {
  await deposit(100, "USD");
  await assert.rejects(deposit(10_000_000_100, "USD"), /deposit_amount_check/);
  await database.query(sql`
    insert into ledger.balance (client_id, asset) values (${client}, 'IBM')`);
  await assert.rejects(deposit(100, "IBM"), /query returned no rows/);
});

const withdraw = (id: string, amount: number) =>
  as("orders").query(sql`
    select ledger.request_withdrawal(${client}, ${id}, ${Buffer.alloc(32)}, '{}', ${id}, ${amount},
      'USD', now(), 'test', 20) as outcome`);

test("no service can return cash that no withdrawal took, or claim that a payment was made", async () => {
  for (const service of ["orders", "scheduler", "identity", "matcher"]) {
    await isRefused(
      service,
      sql`insert into ledger.withdrawal (withdrawal_id, client_id, amount, currency, correlation_id)
      values (gen_random_uuid(), ${client}, 100, 'USD', 'test')`,
    );
    await isRefused(service, sql`update ledger.withdrawal set amount = amount + 100`);
    await isRefused(service, sql`update ledger.withdrawal set status = 'pending'`);
  }
  await isRefused(
    "orders",
    sql`select ledger.end_withdrawal(gen_random_uuid(), 'completed', null)`,
  );
  await isRefused("scheduler", sql`update ledger.balance set available = available + 1`);
});

test("a withdrawal takes what is available, and returns once", async () => {
  const id = newUuid();
  assert.deepEqual((await withdraw(newUuid(), 9_000_000)).rows, [
    { outcome: "insufficient_funds" },
  ]);
  await assert.rejects(withdraw(newUuid(), -100), /check constraint/);
  assert.deepEqual((await withdraw(id, 100)).rows, [{ outcome: "begun" }]);
  const { rows: still } = await as("scheduler").query(
    sql`select ledger.end_withdrawal(${id}, 'pending', null) as ended`,
  );
  assert.deepEqual(still, [{ ended: false }], "a withdrawal that stays pending returns no cash");
  const cancel = () =>
    as("orders").query(sql`select ledger.cancel_withdrawal(${id}, 'requested') as ended`);
  assert.deepEqual((await cancel()).rows, [{ ended: true }]);
  assert.deepEqual((await cancel()).rows, [{ ended: false }]);
});

test("orders cannot delete an idempotency key, lift limits or rewrite an order", async () => {
  await isRefused("orders", sql`delete from ledger.idempotency_key`);
  await isRefused("orders", sql`update ledger.idempotency_key set answer = ''`);
  await isRefused("orders", sql`update trading.account set max_open_orders = 1000000`);
  await isRefused("orders", sql`delete from trading.control`);
  await isRefused("orders", sql`update trading."order" set held = 0`);
  await isRefused("orders", sql`update trading."order" set client_id = gen_random_uuid()`);
});

test("the notifier purges old idempotency keys through a function that keeps younger keys", async () => {
  const keys = async () =>
    (
      await database.query(sql`
        select key from ledger.idempotency_key where operation = 'deposit' order by key`)
    ).rows;
  await database.query(sql`
    insert into ledger.idempotency_key (client_id, operation, key, fingerprint, created_at)
    values (${client}, 'deposit', 'old', ${Buffer.alloc(32)}, now() - interval '9 days')`);
  await isRefused("notifier", sql`delete from ledger.idempotency_key`);
  await as("notifier").query(sql`select ledger.purge_idempotency_keys(100)`);
  assert.deepEqual(await keys(), [{ key: "100 USD" }]);
});

test("no service can write an audit row into another transaction, or change an existing row", async () => {
  for (const service of SERVICES) {
    await isRefused(
      service,
      sql`insert into trading.audit (client_id, action, subject, correlation_id, xact)
      values (${client}, 'x', 'x', 'x', 1)`,
    );
    await isRefused(
      service,
      sql`insert into trading.audit (client_id, action, subject, correlation_id, created_at)
      values (${client}, 'x', 'x', 'x', '2020-01-01')`,
    );
    await isRefused(service, sql`delete from trading.audit`);
    await isRefused(service, sql`update trading.audit set action = 'x'`);
    await isRefused(service, sql`delete from ledger.journal`);
    await isRefused(service, sql`delete from trading.trade`);
  }
});

test("only the matcher can settle", async () => {
  for (const service of SERVICES.filter((name) => name !== "matcher"))
    await isRefused(service, sql`select trading.settle(null, '{}', '{}', '{}', '{}', '{}', '{}')`);
});

test("only the orders service can accept orders, replace them and credit deposits", async () => {
  for (const service of SERVICES.filter((name) => name !== "orders")) {
    await isRefused(service, sql`select trading.accept_orders('{}')`);
    await isRefused(service, sql`select trading.request_replace(null, null, null, null)`);
    await isRefused(
      service,
      sql`select ledger.credit_deposit(${client}, 'k', '', '', gen_random_uuid(), 100, 'USD', now(),
        'test')`,
    );
  }
});

test("only the administration can list instruments, set limits and switch kill switches", async () => {
  const nobody = "00000000-0000-7000-8000-000000000301" as ClientId;
  for (const service of SERVICES.filter((name) => name !== "admin")) {
    await isRefused(service, sql`update market.instrument set max_notional = 1`);
    await isRefused(service, sql`update trading.account set max_notional = 1`);
    await isRefused(
      service,
      sql`insert into trading.control (scope, subject, reason, set_by)
      values ('system', 'all', 'x', ${nobody})`,
    );
  }
});
