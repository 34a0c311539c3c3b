import assert from "node:assert/strict";
import { test } from "node:test";
import { createExpiry } from "../../functions/expire-orders/expire-orders.ts";
import { openVerificationLink, verifyEmail } from "../../functions/verify-email/verify-email.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import type { Reply } from "../../layers/testing/http.ts";
import { pendingClient } from "../../layers/testing/identity.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { createOrderPath } from "../support/exchange.ts";
import { startOperator } from "./operator.ts";

// Operators find, suspend and reactivate clients, with the privileges of the admin service.

const { database, routes, operator, send } = await startOperator();

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
