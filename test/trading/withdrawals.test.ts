import assert from "node:assert/strict";
import { test } from "node:test";
import { settleWithdrawals } from "../../functions/settle-withdrawals/settle-withdrawals.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import {
  createSandbox,
  type Payment,
  type PaymentProvider,
} from "../../layers/platform/payments.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  TEST_MAIL_SECRET,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { mailsTo } from "../../layers/testing/identity.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { usd } from "../../layers/testing/terms.ts";
import { dyingAt } from "../support/dying.ts";

// Withdrawals with the services' own privileges. After every test the ledger is compared with its journal.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_orders"));
process.env["SANDBOX_SETTLEMENT_SECONDS"] = "3600";
const { handler: withdraw } = await import("../../functions/withdraw/handler.ts");
const { listHandler, getHandler } = await import("../../functions/withdrawals/handler.ts");
const { handler: cancel } = await import("../../functions/cancel-withdrawal/handler.ts");
const { handler: listEvents } = await import("../../functions/list-activities/handler.ts");
const scheduler = openDatabase({
  ...{ url: asRole(database.url, "brokerx_scheduler"), poolSize: 5, applicationName: "test" },
});
test.after(() => scheduler.end());

const worker = (payments: PaymentProvider, using = scheduler) =>
  settleWithdrawals({
    ...{ database: using, payments, newId: newUuid, answerWithinMs: 50 },
    ...{ seal: createSeal(TEST_MAIL_SECRET), logger: testLogger() },
  });

/** Makes every pending withdrawal due, whatever an earlier pass has set. */
/** Locks the rows in the order of their ids, so that two calls at once do not wait for each other. */
const allDue = () =>
  database.query(sql`
    with pending as (
      select withdrawal_id from ledger.withdrawal
      where status = 'pending'
      order by withdrawal_id
      for update
    )
    update ledger.withdrawal set next_attempt_at = now()
    where withdrawal_id in (select withdrawal_id from pending)`);

const ask = async (
  client: ClientId,
  amount: string,
  key: string = newUuid(),
  authTime = new Date(),
): Promise<Reply> =>
  invoke(withdraw, {
    body: { amount, currency: "USD" },
    headers: {
      authorization: await authorizationOf(client, [], authTime),
      "idempotency-key": key,
    },
  });

const stateOf = async (client: ClientId) => {
  const { rows } = await database.query<{ available: bigint; in_transit: bigint }>(sql`
    select available, (
      select coalesce(sum(amount), 0)::bigint from ledger.posting
      where account_id = '00000000-0000-0000-0000-000000000004'
        and reference in (
          select withdrawal_id::text from ledger.withdrawal where client_id = ${client})
    ) as in_transit
    from ledger.balance where client_id = ${client} and asset = 'USD'`);
  return rows[0];
};

const statusOf = async (reply: Reply): Promise<string> => {
  const id = String(reply.json()["withdrawal_id"]);
  const { rows } = await database.query<{ status: string }>(sql`
    select status from ledger.withdrawal where withdrawal_id = ${id}`);
  return rows[0]?.status ?? "none";
};

const completing: PaymentProvider = {
  pay: async () => ({ state: "completed" }),
  cancel: async () => false,
};

test("the cash leaves the available balance at once and reaches the bank later", async () => {
  const client = await createTestClient(database, { cash: usd("100"), email: "ada@test.example" });
  const reply = await ask(client, "40.00");
  assert.equal(reply.status, 201, reply.text);
  assert.equal(reply.json()["status"], "pending");
  assert.deepEqual(await stateOf(client), { available: 600_000n, in_transit: 400_000n });
  assert.equal(await worker(completing), 1);
  assert.equal(await worker(completing), 0);
  assert.deepEqual(await stateOf(client), { available: 600_000n, in_transit: 0n });
  const subjects = (await mailsTo(database, "ada@test.example")).map(({ subject }) => subject);
  assert.deepEqual(subjects, ["Withdrawal requested", "Withdrawal completed"]);
});

test("the sandbox provider completes a payment after its delay, cancels it before, and fails amounts that end in .13", async () => {
  const requestedAt = new Date("2026-01-01T00:00:00Z");
  let now = requestedAt;
  const sandbox = createSandbox({ clock: () => now, settlementSeconds: 5 });
  const payment = (amount: string): Payment => ({
    ...{ id: newUuid(), amount: usd(amount), currency: "USD", requestedAt },
  });
  assert.deepEqual(await sandbox.pay(payment("10.13")), { state: "pending" });
  assert.equal(await sandbox.cancel(payment("10")), true);
  now = new Date(requestedAt.getTime() + 5_000);
  assert.deepEqual(await sandbox.pay(payment("10")), { state: "completed" });
  const failed = await sandbox.pay(payment("10.13"));
  assert.deepEqual(failed, { state: "failed", reason: "rejected_by_bank" });
  assert.equal(await sandbox.cancel(payment("10")), false);
});

test("a failed withdrawal and a cancelled one return the cash, once", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const failing = await ask(client, "10.13");
  const sandbox = createSandbox({ clock: () => new Date(), settlementSeconds: 0 });
  assert.equal(await worker(sandbox), 1);
  assert.equal(await statusOf(failing), "failed");
  const stopped = await ask(client, "20");
  const params = { id: String(stopped.json()["withdrawal_id"]) };
  const headers = { authorization: await authorizationOf(client) };
  const reply = await invoke(cancel, { params, headers, body: {} });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json()["status"], "cancelled");
  const again = await invoke(cancel, { params, headers, body: {} });
  assert.equal(again.json()["code"], "withdrawal_not_pending");
  await allDue();
  assert.equal(await worker(sandbox), 0);
  assert.deepEqual(await stateOf(client), { available: 1_000_000n, in_transit: 0n });
});

/** The events of a withdrawal: its changes of status, and the kinds of the transfers that it made. */
const eventsOf = async (client: ClientId, id: string) => {
  const headers = { authorization: await authorizationOf(client) };
  const reply = await invoke(listEvents, { method: "GET", headers, query: "limit=500" });
  const events = reply.json()["activities"] as readonly Record<string, unknown>[];
  return {
    statuses: events
      .filter((event) => event["type"] === "withdrawal" && event["withdrawal_id"] === id)
      .map(({ status, amount, currency, reason }) => [status, amount, currency, reason]),
    transfers: events.flatMap((event) =>
      event["type"] === "transfer" && event["reference"] === id ? [event["kind"]] : [],
    ),
  };
};

test("each transition of a withdrawal is journaled, audited, mailed, and an activity of its own", async () => {
  const email = "eva@test.example";
  const client = await createTestClient(database, { cash: usd("100"), email });
  const sandbox = createSandbox({ clock: () => new Date(), settlementSeconds: 0 });
  const headers = { authorization: await authorizationOf(client) };
  const pass = () => allDue().then(() => worker(sandbox));
  const stop = (id: string) => invoke(cancel, { params: { id }, headers, body: {} });
  const ends: readonly (readonly [string, string | null, string, typeof stop | typeof pass])[] = [
    ["completed", null, "10.00", pass],
    ["failed", "rejected_by_bank", "10.13", pass],
    ["cancelled", "requested", "20.00", stop],
  ];
  for (const [status, reason, amount, end] of ends) {
    const id = String((await ask(client, amount)).json()["withdrawal_id"]);
    const pending = ["pending", amount, "USD", null];
    assert.deepEqual(await eventsOf(client, id), {
      ...{ statuses: [pending], transfers: ["withdrawal"] },
    });
    await end(id);
    assert.deepEqual(await eventsOf(client, id), {
      statuses: [pending, [status, amount, "USD", reason]],
      // Cash moves for the client only when it leaves and when it comes back.
      transfers: ["withdrawal", ...(reason === null ? [] : ["withdrawal_return"])],
    });
    const { rows } = await database.query<Record<string, bigint>>(sql`
      select
        (select count(*) from ledger.journal where reference = ${id}) as entries,
        (select count(*) from trading.audit where subject = ${id}) as audited`);
    assert.deepEqual(rows, [{ entries: 2n, audited: 2n }], status);
    const [requested, ended] = (await mailsTo(database, email)).slice(-2);
    assert.equal(requested?.subject, "Withdrawal requested", status);
    assert.equal(ended?.subject, `Withdrawal ${status}`);
  }
});

test("a withdrawal cannot exceed what is available, cannot take what is held, and needs a step-up", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const old = await ask(client, "1", newUuid(), new Date(Date.now() - 301_000));
  assert.deepEqual([old.status, old.json()["code"]], [403, "step_up_required"]);
  const replies = await Promise.all(Array.from({ length: 15 }, () => ask(client, "30")));
  assert.equal(replies.filter(({ status }) => status === 201).length, 3);
  for (const reply of replies.filter(({ status }) => status !== 201))
    assert.equal(reply.json()["code"], "insufficient_funds");
  assert.deepEqual(await stateOf(client), { available: 100_000n, in_transit: 900_000n });
  const bad = await ask(client, "0.001");
  assert.equal(bad.status, 422);
});

test("fifty requests with one key are one withdrawal, and another body is refused", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const replies = await Promise.all(Array.from({ length: 50 }, () => ask(client, "10", "same")));
  assert.ok(replies.every(({ status }) => [200, 201, 409, 503].includes(status)));
  const first = replies.find(({ status }) => status === 201);
  const replay = await ask(client, "10", "same");
  assert.equal(replay.status, 200);
  assert.equal(replay.headers["idempotent-replayed"], "true");
  assert.equal(replay.text, first?.text);
  const changedBody = await ask(client, "11", "same");
  assert.equal(changedBody.json()["code"], "idempotency_key_reused");
  assert.deepEqual(await stateOf(client), { available: 900_000n, in_transit: 100_000n });
  assert.equal((await ask(client, "1000", "poor")).status, 422);
  await database.query(sql`
    with entry as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      values ('deposit', 'test', 'USD', 10000000, '00000000-0000-0000-0000-000000000001', 'house', ${client}, 'available')),
    recorded as (
      insert into trading.activity_outbox (transfers, balances)
      select array[row(${client}, 'USD', 10000000, 'deposit', 'test', 'in')::trading.recorded_transfer],
        array[row(${client}, 'USD', 10900000, 0)::trading.recorded_balance])
    update ledger.balance set available = available + 10000000
    where client_id = ${client} and asset = 'USD'`);
  assert.equal((await ask(client, "1000", "poor")).status, 201, "a refused key may be used again");
});

test("a provider that hangs, throws or answers twice loses and duplicates nothing", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const reply = await ask(client, "40");
  const hanging: PaymentProvider = { ...completing, pay: () => new Promise(() => {}) };
  const throwing: PaymentProvider = { ...completing, pay: () => Promise.reject(new Error("down")) };
  for (const provider of [hanging, throwing]) {
    await allDue();
    assert.equal(await worker(provider), 0);
    assert.equal(await statusOf(reply), "pending");
  }
  await allDue();
  await Promise.all([worker(completing), worker(completing), worker(completing)]);
  assert.equal(await statusOf(reply), "completed");
  await database.query(sql`update ledger.withdrawal set next_attempt_at = now()`);
  const failing: PaymentProvider = {
    ...completing,
    pay: async () => ({ state: "failed", reason: "late" }),
  };
  assert.equal(await worker(failing), 0, "what is completed stays completed");
  assert.deepEqual(await stateOf(client), { available: 600_000n, in_transit: 0n });
});

test("a cancel that the provider could not confirm is repeated by the worker", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const reply = await ask(client, "40");
  await database.query(sql`update ledger.withdrawal set cancel_requested = true`);
  await allDue();
  const stopping: PaymentProvider = { ...completing, cancel: async () => true };
  assert.equal(await worker(stopping), 1);
  assert.equal(await statusOf(reply), "cancelled");
  assert.deepEqual(await stateOf(client), { available: 1_000_000n, in_transit: 0n });
});

test("a worker that dies at any statement leaves a withdrawal that the next worker ends", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  for (const provider of [
    completing,
    createSandbox({ clock: () => new Date(), settlementSeconds: 0 }),
  ])
    for (let n = 0; n < 10; n += 1) {
      const amount = provider === completing ? "1.00" : "1.13";
      const reply = await ask(client, amount);
      await worker(provider, dyingAt(scheduler, n)).catch(() => 0);
      await allDue();
      await worker(provider);
      assert.equal(await statusOf(reply), provider === completing ? "completed" : "failed", `${n}`);
    }
  assert.deepEqual(await stateOf(client), { available: 900_000n, in_transit: 0n });
});

test("parallel withdrawals, deposits and settling keep every total", async () => {
  const { handler: deposit } = await import("../../functions/deposit/handler.ts");
  const client = await createTestClient(database, { cash: usd("50") });
  const authorization = await authorizationOf(client);
  const pay = (index: number) =>
    invoke(deposit, {
      body: { amount: "3", currency: "USD" },
      headers: { authorization, "idempotency-key": `deposit ${index}` },
    });
  const sandbox = createSandbox({ clock: () => new Date(), settlementSeconds: 0 });
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      if (index % 3 === 0) await pay(index);
      else await ask(client, index % 2 === 0 ? "7.00" : "2.13");
      if (index % 5 === 0) await allDue().then(() => worker(sandbox));
    }),
  );
  await allDue();
  while ((await worker(sandbox)) > 0) await allDue();
  const { rows } = await database.query<{ total: bigint }>(sql`
    select (500000 + (select coalesce(sum(amount), 0) from ledger.deposit
      where client_id = ${client} and amount = 30000)
      - (select coalesce(sum(amount), 0) from ledger.withdrawal
      where client_id = ${client} and status = 'completed'))::bigint as total`);
  assert.deepEqual(await stateOf(client), { available: rows[0]?.total, in_transit: 0n });
});

test("a client cannot see or cancel another client's withdrawal, and lists have pages", async () => {
  const [owner, stranger] = [
    await createTestClient(database, { cash: usd("100") }),
    await createTestClient(database),
  ];
  const made = [await ask(owner, "1"), await ask(owner, "2"), await ask(owner, "3")];
  const params = { id: String(made[0]?.json()["withdrawal_id"]) };
  const foreign = { authorization: await authorizationOf(stranger) };
  const own = { authorization: await authorizationOf(owner) };
  for (const handler of [getHandler, cancel]) {
    const body = handler === cancel ? { body: {} } : {};
    const reply = await invoke(handler, { params, headers: foreign, ...body });
    assert.deepEqual([reply.status, reply.json()["code"]], [404, "not_found"]);
  }
  assert.equal((await invoke(getHandler, { params, headers: own })).status, 200);
  const empty = await invoke(listHandler, { headers: foreign });
  assert.deepEqual(empty.json(), { withdrawals: [], next_page_token: null });
  const first = await invoke(listHandler, { headers: own, query: "limit=2" });
  const token = String(first.json()["next_page_token"]);
  const second = await invoke(listHandler, { headers: own, query: `limit=2&after=${token}` });
  const amounts = [first, second].flatMap((reply) =>
    (reply.json()["withdrawals"] as { amount: string }[]).map(({ amount }) => amount),
  );
  assert.deepEqual(amounts, ["3.00", "2.00", "1.00"]);
});
