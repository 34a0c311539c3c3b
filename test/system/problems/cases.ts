import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { OrderId } from "../../../layers/domain/identifiers.ts";
import { API_KEYS_MAX } from "../../../layers/domain/identity/api-key.ts";
import type { Scope } from "../../../layers/domain/identity/session.ts";
import { newApiKey } from "../../../layers/platform/credentials/api-keys.ts";
import { createPasswords } from "../../../layers/platform/credentials/passwords.ts";
import { hashToken } from "../../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../../layers/platform/ids.ts";
import { createSemaphore } from "../../../layers/platform/semaphore.ts";
import { insertKey } from "../../../layers/store/identity/api-keys.ts";
import { listAmendments } from "../../../layers/store/orders/amendments.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { recordByHand } from "../../../layers/testing/activities.ts";
import { createTestClient } from "../../../layers/testing/clients.ts";
import { authorizationOf, type Reply } from "../../../layers/testing/http.ts";
import { activeClient, PASSWORD } from "../../../layers/testing/identity.ts";
import { closeToClients, execute } from "../../../layers/testing/server.ts";
import { usd } from "../../../layers/testing/terms.ts";
import { until } from "../../../layers/testing/until.ts";
import { client, database, orderId, place, replacer, send, stranger } from "./requests.ts";

// Problems that need more than one request.

/** An order that the matcher would have ended. */
export const endedOrder = async (): Promise<string> => {
  const id = await orderId(place({ client_order_id: "ended" }));
  await database.query(sql`
    with released as (
      update ledger.balance set available = available + held, held = 0, open_orders = 0
      where client_id = ${client}
    ), journalled as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'release', ${id}, asset, held, client_id, 'held', client_id, 'available'
      from ledger.balance where client_id = ${client} and held > 0
    ), sent as (
      delete from trading.outbox where command->>'clientId' = ${client}
    ), stood as (
      delete from trading.resting_order
      where order_id in (select order_id from trading."order" where client_id = ${client})
    )
    update trading."order"
    set status = 'cancelled', closed = true, held = 0, open_quantity = 0, cancelled_quantity = quantity
    where client_id = ${client} and not closed`);
  await recordByHand(database, client);
  return id;
};

/**
 * Requests fewer shares while another transaction changes the order or its replace as only the
 * matcher does.
 */
export const replaceWhile = async (work: (orderId: string) => Promise<unknown>): Promise<Reply> => {
  const id = await orderId(place({ quantity: 2 }, replacer));
  const received = replace(id, { quantity: 1 });
  await work(id);
  return received;
};

/** The matcher's decision: the new terms would take liquidity. */
export const refuseReplace = async (id: string): Promise<void> => {
  const asked = async () =>
    (await listAmendments(database, id as OrderId, { after: undefined, limit: 1 }))[0];
  await until(async () => (await asked()) !== undefined, "the replace was never asked for");
  await database.query(sql`
    with decided as (
      update trading.amendment set status = 'refused', reason = 'would_take', decided_at = now()
      where order_id = ${id} and status = 'requested'
      returning order_id
    )
    update trading."order" set pending_action = null, pending_amendment = null, extra_held = 0
    from decided where "order".order_id = decided.order_id`);
  await recordByHand(database, replacer);
};

/** An order of two shares of which one was prevented from trading. */
export const halfGone = async (): Promise<string> => {
  const id = await orderId(place({ direction: "sell", quantity: 2 }, replacer));
  await database.query(sql`
    with released as (
      update ledger.balance set available = available + 1, held = held - 1
      where client_id = ${replacer} and asset = 'AAPL'
    ), journalled as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      values ('release', ${id}, 'AAPL', 1, ${replacer}, 'held', ${replacer}, 'available')
    )
    update trading."order"
    set status = 'working', held = 1, open_quantity = 1, prevented_quantity = 1
    where order_id = ${id}`);
  await recordByHand(database, replacer);
  return id;
};

/** An order of a market that is closed. */
export const waitingOrder = (): Promise<string> => orderId(place({ symbol: "SHUT" }, replacer));

export const replace = (id: string, terms: object, headers = {}): Promise<Reply> => {
  const body = { order: { client_version: 0, ...terms } };
  return send("replaceOrder", { params: { id }, body, headers }, replacer);
};

export const anHourOfLogins = async (): Promise<Reply> => {
  const passwords = createPasswords(createSemaphore({ running: 1, waiting: 10 }));
  const passwordHash = await passwords.hash(PASSWORD);
  await activeClient(database, { email: "many@test.example", passwordHash });
  const body = { email: "many@test.example", password: PASSWORD };
  for (let tries = 0; ; tries += 1) {
    const reply = await send("login", { body });
    if (reply.status !== 200) return reply;
    assert.ok(tries < 100, "challenges are never limited");
  }
};

export const withdraw = (key: string): Promise<Reply> =>
  send("withdraw", {
    ...{ body: { amount: "0.01", currency: "USD" }, headers: { "idempotency-key": key } },
  });

export const manyWithdrawals = async (): Promise<Reply> => {
  for (let count = 0; ; count += 1) {
    const reply = await withdraw(`withdrawal ${count}`);
    if (reply.status !== 201) return reply;
    assert.ok(count < 50, "withdrawals are never limited");
  }
};

export const endedWithdrawal = async (): Promise<Reply> => {
  await database.query(sql`
    update ledger.withdrawal set created_at = now() - interval '1 minute'
    where client_id = ${client}`);
  const { rows } = await database.query<{ withdrawal_id: string }>(sql`
    select withdrawal_id from ledger.withdrawal where client_id = ${client} limit 1`);
  return send("cancelWithdrawal", { params: { id: rows[0]?.withdrawal_id ?? "" } });
};

/** Sends a token whose login was ten minutes ago. */
export const stale = async (operation: string, body: object): Promise<Reply> => {
  const authorization = await authorizationOf(client, [], new Date(Date.now() - 600_000));
  return send(operation, { body, headers: { authorization } });
};

export const appInUse = async (): Promise<Reply> => {
  await database.query(sql`
    insert into identity.totp (client_id, sealed_secret, confirmed_at)
    values (${stranger}, '', now())`);
  return send("beginTotp", { body: {} }, stranger);
};

export const manyKeys = async (): Promise<Reply> => {
  await database.query(sql`
    insert into identity.api_key (key_id, client_id, secret_hash, name, scopes)
    select 'aaaaaaaaaa' || chr(97 + n / 26) || chr(97 + n % 26), ${replacer},
      decode(repeat('00', 32), 'hex'), 'many', array['read']
    from generate_series(0, 49) as n`);
  return send("createApiKey", { body: { name: "bot", scopes: ["read"] } }, replacer);
};

export const guesses = async (): Promise<Reply> => {
  const body = { current_password: "not the password", password: PASSWORD };
  for (let tries = 0; ; tries += 1) {
    const reply = await send("changePassword", { body }, replacer);
    if (reply.status === 429) return reply;
    assert.ok(tries < 20, "guesses are never limited");
  }
};

/** Sends an API key with only these scopes. */
export const withKey = async (operation: string, scopes: readonly Scope[]): Promise<Reply> => {
  const { keyId, secret, text } = newApiKey();
  const key = { keyId, clientId: client, secretHash: hashToken(secret), name: "test", scopes };
  await database.transaction((tx) =>
    insertKey(
      tx,
      { ...key, allowedIps: [], createdAt: new Date(), expiresAt: undefined },
      API_KEYS_MAX,
    ),
  );
  return send(operation, { headers: { authorization: `Bearer ${text}` } });
};

/** Sends a request while the database refuses every connection. */
export const duringOutage = async (): Promise<Reply> => {
  const name = new URL(database.url).pathname.slice(1);
  const server = database.url.replace(/\/[^/]+$/, "/postgres");
  await closeToClients(server, name);
  try {
    return await send("getOrder", { params: { id: newUuid() } });
  } finally {
    await execute(server, `alter database ${name} allow_connections true`);
  }
};

/** Sends a request while the database lacks a function that the code needs. */
export const duringFault = async (): Promise<Reply> => {
  await database.query(sql`alter table ledger.deposit rename to mislaid`);
  try {
    return await send("listDeposits");
  } finally {
    await database.query(sql`alter table ledger.mislaid rename to deposit`);
  }
};

export const suspect = await createTestClient(database, { cash: usd("1000") });
export const limited = await createTestClient(database, { cash: usd("1000"), maxOpenOrders: 0 });

/** Places orders for a client with a limit of one a second, until an order is refused. */
export const tooFast = async (): Promise<Reply> => {
  const fast = await createTestClient(database, {
    ...{ cash: usd("10000"), maxOrdersPerSecond: 1, maxOrderBurst: 1 },
  });
  for (let count = 0; ; count += 1) {
    const reply = await place({}, fast);
    if (reply.status !== 201) return reply;
    assert.ok(count < 60, "orders are never limited");
  }
};

/** Reads many books at once while every statement waits for a lock. */
export const manyBooks = (): Promise<Reply> =>
  database.transaction(async (tx) => {
    await tx.query(sql`lock table trading.book in access exclusive mode`);
    const read = () => send("getBook", { params: { symbol: "AAPL" } });
    const replies = Array.from({ length: 21 }, read);
    return Promise.any(
      replies.map(async (reply) => ((await reply).status === 429 ? reply : Promise.reject())),
    );
  });

/** The answer to a path that is not a valid URL, which no function receives. */
export const refusedByServer = async (): Promise<Reply> => {
  const { explain } = createRequire(import.meta.url)("../../../infra/serverless/offline-edge.cjs");
  const headers: Record<string, string> = {};
  const received = { status: 0, text: "" };
  const response = {
    code: (status: number) => Object.assign(response, { status }),
    header: (name: string, value: string) => Object.assign(headers, { [name]: value }),
    status: 0,
  };
  const server = { response: (text: string) => Object.assign(received, { text }) && response };
  const bad = { isBoom: true, message: "Bad path", output: { statusCode: 400 } };
  explain({ headers: {}, response: bad }, server);
  const { text } = received;
  return { status: response.status, headers, text, json: () => JSON.parse(text) };
};

/** A client with more deposits than a PDF may have lines. */
export const longStatement = async (): Promise<Reply> => {
  const busy = await createTestClient(database, { cash: usd("1") });
  await database.query(sql`
    with deposits as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'deposit', n::text, 'USD', 100, account_id, 'house', ${busy}, 'available'
      from ledger.house_account, generate_series(1, 10001) as n
      where name = 'bank'
      returning amount
    ), told as (
      insert into trading.activity_outbox (balances)
      select array[row(${busy}::uuid, 'USD', 10000 + sum(amount), 0)::trading.recorded_balance]
      from deposits
    )
    update ledger.balance
    set available = available + (select sum(amount) from deposits)
    where client_id = ${busy} and asset = 'USD'`);
  const today = new Date().toISOString().slice(0, 10);
  return send("reportStatement", { query: `from=${today}&to=${today}&format=pdf` }, busy);
};
