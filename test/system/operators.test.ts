import assert from "node:assert/strict";
import { test } from "node:test";
import { createExpiry } from "../../functions/expire-orders/expire-orders.ts";
import { openVerificationLink, verifyEmail } from "../../functions/verify-email/verify-email.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { HOUSE } from "../../layers/domain/ledger/ledger.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { setStatus } from "../../layers/store/identity/clients.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { pendingClient } from "../../layers/testing/identity.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { createOrderPath } from "../support/exchange.ts";
import { loadAdminRoutes } from "../support/routes.ts";

// Operators find, suspend and adjust clients, with the privileges of the admin service.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_admin"));
const routes = await loadAdminRoutes();
await createInstrument(database, "AAPL");
const operator = await createTestClient(database, { roles: ["admin"], email: "op@test.example" });

const send = async (
  operation: string,
  request: Parameters<typeof invoke>[1] = {},
  as: ClientId = operator,
  roles = ["admin"],
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route, operation);
  const authorization = await authorizationOf(as, roles);
  const headers = { authorization, ...request.headers };
  return invoke(route.handler, { method: route.contract.method, ...request, headers });
};

const adjust = (client: ClientId, body: object, key: string = newUuid()): Promise<Reply> =>
  send("adjustBalance", {
    params: { client_id: client },
    headers: { "idempotency-key": key },
    body: { reason: "initial shares", ...body },
  });

test("an operator finds clients by e-mail and status, in pages", async () => {
  for (const name of ["ada", "adam", "bob"])
    await createTestClient(database, { email: `${name}@find.example` });
  const emails = (reply: Reply) =>
    (reply.json()["clients"] as { email: string }[]).map(({ email }) => email);
  const found = await send("listClients", { query: "email=ADA" });
  assert.equal(found.status, 200, found.text);
  assert.deepEqual(emails(found), ["adam@find.example", "ada@find.example"]);
  const first = await send("listClients", { query: "email=ada&limit=1" });
  const after = String(first.json()["next_page_token"]);
  const second = await send("listClients", { query: `email=ada&limit=1&after=${after}` });
  assert.deepEqual(emails(second), ["ada@find.example"]);
  assert.deepEqual(emails(await send("listClients", { query: "status=suspended" })), []);
});

test("an operator reads a client's balances and sessions, and this is audited with the address", async () => {
  const client = await createTestClient(database, { cash: usd("12.5"), shares: { AAPL: 3 } });
  const reply = await send("getClient", { params: { client_id: client }, address: "192.0.2.9" });
  assert.equal(reply.status, 200, reply.text);
  const { balances, open_orders, sessions } = reply.json();
  assert.deepEqual(balances, [
    { asset: "AAPL", available: "3", held: "0" },
    { asset: "USD", available: "12.50", held: "0.00" },
  ]);
  assert.equal(open_orders, 0);
  assert.equal((sessions as object[]).length, 1);
  const { rows } = await database.query<{ address: string }>(sql`
    select facts->>'address' as address from trading.audit
    where action = 'client_viewed' and subject = ${client}`);
  assert.deepEqual(rows, [{ address: "192.0.2.9" }]);
  const absent = await send("getClient", { params: { client_id: newUuid() } });
  assert.equal(absent.status, 404);
});

test("a suspension ends the sessions and stops trading until the client is reactivated", async () => {
  const client = await createTestClient(database);
  const params = { client_id: client };
  const body = { reason: "suspicious logins" };
  const suspended = await send("suspendClient", { params, body });
  assert.equal(suspended.status, 200, suspended.text);
  assert.equal((suspended.json()["client"] as { status: string }).status, "suspended");
  const again = await send("suspendClient", { params, body });
  assert.equal(again.json()["code"], "client_status");
  const { rows } = await database.query(sql`
    select client.status, account.status as account, end_reason
    from identity.client
    join trading.account using (client_id)
    join identity.session using (client_id)
    where client_id = ${client}`);
  const facts = { status: "suspended", account: "suspended", end_reason: "suspended" };
  assert.deepEqual(rows, [facts]);
  assert.equal((await send("reactivateClient", { params, body })).status, 200);
  const audited = await database.query<{ action: string; reason: string }>(sql`
    select action, facts->>'reason' as reason from trading.audit
    where subject = ${client} order by audit_id`);
  assert.deepEqual(audited.rows, [
    { action: "client_suspended", reason: "suspicious logins" },
    { action: "client_reactivated", reason: "suspicious logins" },
  ]);
});

test("a client is not reactivated before the cancellation of every order is requested", async () => {
  const client = await createTestClient(database, { cash: usd("1000") });
  const params = { client_id: client };
  const body = { reason: "a mistake" };
  const { place } = createOrderPath(database);
  const placed = await place(client, order("buy", 1, "90.00"));
  assert.equal((await send("suspendClient", { params, body })).status, 200);
  const early = await send("reactivateClient", { params, body });
  assert.equal(early.status, 409, early.text);
  assert.equal(early.json()["code"], "suspension_in_progress");
  assert.equal(early.headers["retry-after"], "1");
  await createExpiry({
    ...{ database, clock: systemClock, outboxNotifier: { notify: () => {} } },
    logger: testLogger(),
  })();
  const { rows } = await database.query(
    sql`select pending_action from trading."order" where order_id = ${placed.orderId}`,
  );
  assert.deepEqual(rows, [{ pending_action: "pending_cancel" }]);
  assert.equal((await send("reactivateClient", { params, body })).status, 200);
});

test("operators cannot suspend themselves", async () => {
  const suspended = await send("suspendClient", {
    ...{ params: { client_id: operator }, body: { reason: "by mistake" } },
  });
  assert.equal(suspended.status, 403);
  assert.equal(suspended.json()["detail"], "Operators cannot suspend themselves.");
  assert.equal((await send("listClients")).status, 200);
});

test("shares and cash are granted and taken by journal entries, and never below zero", async () => {
  const client = await createTestClient(database, { cash: usd("10") });
  const granted = await adjust(client, {
    ...{ asset: "AAPL", amount: 100, direction: "grant", price: "50.00" },
  });
  assert.equal(granted.status, 201, granted.text);
  assert.equal(granted.json()["amount"], "100");
  assert.equal(
    (await adjust(client, { asset: "USD", amount: "5.25", direction: "take" })).status,
    201,
  );
  const refused: readonly (readonly [object, string])[] = [
    [{ asset: "AAPL", amount: 101, direction: "take" }, "insufficient_shares"],
    [{ asset: "USD", amount: "4.76", direction: "take" }, "insufficient_funds"],
    [{ asset: "NONE", amount: 1, direction: "grant" }, "unknown_symbol"],
    [{ asset: "AAPL", amount: "1.5", direction: "grant" }, "validation_failed"],
    [{ asset: "USD", amount: "1000000000.01", direction: "grant" }, "validation_failed"],
    [
      { asset: "AAPL", amount: 1_000_000_000, direction: "grant", price: "9999999999999" },
      "validation_failed",
    ],
  ];
  for (const [body, code] of refused)
    assert.equal((await adjust(client, body)).json()["code"], code);
  const { rows } = await database.query(sql`
    select asset, available, cost from ledger.balance where client_id = ${client} order by asset`);
  assert.deepEqual(rows, [
    { asset: "AAPL", available: 100n, cost: 50_000_000n },
    { asset: "USD", available: 47_500n, cost: 0n },
  ]);
});

test("repeated grants end at a limit with a refusal that names the field", async () => {
  const client = await createTestClient(database, { cash: usd("10"), shares: { AAPL: 1 } });
  const body = { asset: "AAPL", amount: 10, direction: "grant", price: "900000000000" };
  assert.equal((await adjust(client, body)).status, 201);
  const dear = await adjust(client, body);
  assert.equal(dear.status, 422, dear.text);
  assert.match(dear.text, /"path":"amount","code":"amount_out_of_range"/);
  const nearly = { AAPL: 999_999_999_989n, USD: 10n ** 17n - 110_000n };
  for (const [asset, amount] of Object.entries(nearly)) {
    await database.query(sql`
      with entry as (
        insert into ledger.journal (
          kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
        values (
          'correction', 'test', ${asset}, ${amount}, ${HOUSE.adjustments}, 'house',
          ${client}, 'available')
      )
      update ledger.balance
      set available = available + ${amount}::bigint
      where client_id = ${client} and asset = ${asset}`);
    const more = await adjust(client, { asset, amount: 2, direction: "grant" });
    assert.equal(more.status, 422, more.text);
    assert.match(more.text, /"path":"amount","code":"amount_out_of_range"/);
    assert.equal((await adjust(client, { asset, amount: 2, direction: "take" })).status, 201);
  }
});

test("cash is adjusted by whole cents, and a closed or unopened account not at all", async () => {
  const client = await createTestClient(database);
  const cash = { asset: "USD", direction: "grant" };
  const fine = await adjust(client, { ...cash, amount: "0.0001" });
  assert.equal(fine.status, 422);
  const [error] = fine.json()["errors"] as { path: string; code: string }[];
  assert.deepEqual([error?.path, error?.code], ["amount", "amount_too_fine"]);
  assert.equal((await adjust(client, { ...cash, amount: "0.01" }, "kept")).status, 201);
  assert.equal((await adjust(client, { ...cash, amount: "0.01", direction: "take" })).status, 201);
  await database.transaction((tx) => setStatus(tx, client, "closed"));
  for (const asset of ["USD", "AAPL"]) {
    const refused = await adjust(client, { ...cash, asset, amount: "1" });
    assert.equal(refused.json()["code"], "client_status", refused.text);
  }
  assert.equal((await adjust(client, { ...cash, amount: "0.01" }, "kept")).status, 200, "a replay");
  const { clientId } = await pendingClient(database, "unopened@find.example");
  const unopened = await adjust(clientId, { ...cash, asset: "AAPL", amount: "1" });
  assert.equal(unopened.json()["code"], "client_status", unopened.text);
});

test("operators see whether a pending client has opened the mailed link", async () => {
  const { token } = await pendingClient(database, "pending@find.example");
  const seen = async () => {
    const reply = await send("listClients", { query: "email=pending@find.example" });
    const [client] = reply.json()["clients"] as { status: string; email_confirmed: boolean }[];
    return [client?.status, client?.email_confirmed];
  };
  assert.deepEqual(await seen(), ["pending", false]);
  await openVerificationLink({ database }, { token, correlationId: "test" });
  assert.deepEqual(await seen(), ["pending", true]);
  await verifyEmail({ database }, { token, correlationId: "test" });
  assert.deepEqual(await seen(), ["active", true]);
});

test("the same key adjusts once, however often and however parallel", async () => {
  const client = await createTestClient(database);
  const body = { asset: "USD", amount: "1", direction: "grant" };
  const replies = await Promise.all(Array.from({ length: 10 }, () => adjust(client, body, "one")));
  assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  const replay = await adjust(client, body, "one");
  assert.deepEqual([replay.status, replay.headers["idempotent-replayed"]], [200, "true"]);
  const changedBody = await adjust(client, { ...body, amount: "2" }, "one");
  assert.equal(changedBody.json()["code"], "idempotency_key_reused");
  const { rows } = await database.query(sql`
    select available from ledger.balance where client_id = ${client} and asset = 'USD'`);
  assert.deepEqual(rows, [{ available: 10_000n }]);
});

test("an operator lists the adjustments of all clients or of one, in pages", async () => {
  const [ann, ben] = [await createTestClient(database), await createTestClient(database)];
  for (const [client, amount] of [
    [ann, "1"],
    [ben, "2"],
    [ann, "3.5"],
  ] as const)
    await adjust(client, { asset: "USD", amount, direction: "grant" });
  const list = async (query: string) => {
    const reply = await send("listAdjustments", { method: "GET", query });
    assert.equal(reply.status, 200, reply.text);
    const { adjustments, next_page_token: next } = reply.json();
    return { adjustments: adjustments as Record<string, unknown>[], next };
  };
  const amounts = async (query: string) =>
    (await list(query)).adjustments.map(({ client_id, amount }) => [client_id, amount]);
  assert.deepEqual(await amounts("limit=3"), [
    ...[
      [ann, "3.50"],
      [ben, "2.00"],
      [ann, "1.00"],
    ],
  ]);
  const first = await list(`client_id=${ann}&limit=1`);
  assert.deepEqual(await amounts(`client_id=${ann}&limit=1&after=${first.next}`), [[ann, "1.00"]]);
  const [{ adjustment_id, created_at, ...shown } = {}] = first.adjustments;
  assert.equal(adjustment_id, first.next);
  assert.match(String(created_at), /^\d{4}-.*Z$/);
  assert.deepEqual(shown, {
    ...{ client_id: ann, asset: "USD", amount: "3.50", direction: "grant" },
    ...{ reason: "initial shares", operator_id: operator, address: "203.0.113.7" },
  });
});

test("the trial balance names every bucket and house account, and each asset sums to zero", async () => {
  const reply = await send("getTrialBalance");
  assert.equal(reply.status, 200, reply.text);
  const assets = reply.json()["assets"] as {
    readonly asset: string;
    readonly total: string;
    readonly balanced: boolean;
    readonly accounts: readonly { readonly account: string }[];
  }[];
  assert.deepEqual(
    assets.map(({ asset, total, balanced }) => [asset, total, balanced]),
    [
      ["AAPL", "0", true],
      ["USD", "0.00", true],
    ],
  );
  const accounts = assets.flatMap((line) => line.accounts.map(({ account }) => account));
  for (const account of ["adjustments", "bank", "clients_available", "custodian"])
    assert.ok(accounts.includes(account), account);
});

test("clients and former administrators are refused on every route", async () => {
  const client = await createTestClient(database);
  for (const [operation, { contract }] of Object.entries(routes)) {
    if (contract.tag !== "admin") continue;
    const refused = await send(operation, {}, client, []);
    assert.deepEqual([refused.status, refused.json()["code"]], [403, "forbidden"], operation);
  }
  const former = await send("getTrialBalance", {}, client, ["admin"]);
  assert.equal(former.status, 403);
});
