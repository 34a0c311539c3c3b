import assert from "node:assert/strict";
import { hmacKeyRing } from "../../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../../layers/platform/credentials/tokens.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../../layers/testing/clients.ts";
import { testDatabase } from "../../../layers/testing/database.ts";
import {
  authorizationOf,
  invoke,
  type Reply,
  TEST_JWT_KEY,
  useEnvironment,
} from "../../../layers/testing/http.ts";
import { usd } from "../../../layers/testing/terms.ts";
import { loadRoutes } from "../../support/routes.ts";

// Valid requests for every route with a body, and what the refusal of a faulty one must be.

export const database = await testDatabase();
useEnvironment(database.url);
export const routes = await loadRoutes();
await createInstrument(database, "AAPL");
export const client = await createTestClient(database, {
  cash: usd("100000"),
  shares: { AAPL: 100 },
});

export const authorization = await authorizationOf(client);

export const ID = "01a204bd-5b7c-7e91-84d0-76e41b415ed5";

/** A valid body for each POST route; the tests put a fault into it. */
export const GOOD: Readonly<Record<string, object>> = {
  register: {
    client: {
      email: "new@example.com",
      password: "a long and unusual pass phrase",
      first_name: "New",
      last_name: "Client",
      date_of_birth: "1990-01-01",
    },
  },
  verifyEmailPost: { token: "A".repeat(43) },
  resendVerification: { email: "new@example.com" },
  refreshSession: { refresh_token: "A".repeat(43) },
  logout: { refresh_token: "A".repeat(43) },
  forgotPassword: { email: "new@example.com" },
  resetPassword: { token: "A".repeat(43), password: "a long and unusual pass phrase" },
  confirmEmail: { token: "A".repeat(43) },
  login: { email: "new@example.com", password: "a long and unusual pass phrase" },
  verifyMfa: { challenge_id: ID, code: "123456" },
  deposit: { amount: "10.00", currency: "USD" },
  placeOrder: {
    order: { symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "101.00" },
  },
  previewOrder: {
    order: {
      symbol: "AAPL",
      order_type: "stop_limit",
      direction: "sell",
      quantity: 1,
      price: "98.00",
      stop_price: "99.00",
      time_in_force: "GTD",
      expires_at: "2099-12-31T21:00:00Z",
      self_trade_prevention: "decrement",
      client_order_id: "mine",
    },
  },
  replaceOrder: { order: { client_version: 0, quantity: 5, price: "100.50", stop_price: "99.00" } },
  cancelOrder: { client_version: 0 },
  withdraw: { amount: "10.00", currency: "USD" },
};

/** These routes change the account that asks; their own tests cover them. */
export const posts = Object.values(routes).filter(
  ({ contract: { body, tag, access } }) =>
    body !== undefined && !(tag === "identity" && access === "client"),
);

export const send = async (
  operation: string,
  body: string | Buffer,
  headers = {},
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const params = route.contract.path.includes("{id}") ? { id: ID } : {};
  return invoke(route.handler, {
    method: route.contract.method,
    path: route.contract.path,
    params,
    headers: {
      ...(route.contract.access === "public" ? {} : { authorization }),
      ...(operation === "deposit" || operation === "withdraw" ? KEY : {}),
      ...headers,
    },
    body,
  });
};

export const KEY = { "idempotency-key": "bad-input" };

/** A genuine token that expired an hour ago. */
export const expiredToken = (): Promise<string> => {
  const clock = () => new Date(Date.now() - 3_600_000);
  const tokens = createTokens({ keys: hmacKeyRing([TEST_JWT_KEY]), ttlSeconds: 60, clock });
  return tokens.sign({ clientId: client, roles: [], tokenId: "test", sessionId: client });
};

/** Fields that may be null in an answer, and may therefore be sent as null. */
export const NULLABLE = new Set([
  ...["price", "stop_price", "expires_at", "client_order_id"].map((name) => `order.${name}`),
]);

/**
 * How many rows there are in all tables that a request could write, without rows that every request
 * causes.
 */
export const written = async (): Promise<string> => {
  const { rows } = await database.query(sql`
    select
      (select count(*) from identity.client) as clients,
      (select count(*) from identity.mail) as mails,
      (select count(*) from ledger.journal) as journal,
      (select count(*) from ledger.idempotency_key) as keys,
      (select count(*) from trading."order") as orders,
      (select count(*) from trading.amendment) as amendments,
      (select count(*) from trading.outbox) as outbox`);
  return JSON.stringify(rows[0], (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
};

export const assertProblem = (response: Reply, what: string): void => {
  assert.ok(response.status >= 400 && response.status < 500, `${what}: ${response.status}`);
  assert.equal(response.headers["content-type"], "application/problem+json", what);
  assert.equal(response.headers["x-instance"], "test", what);
  assert.ok(response.headers["x-correlation-id"], what);
  const json = response.json();
  for (const member of ["type", "title", "status", "detail", "code", "correlation_id"])
    assert.ok(member in json, `${what}: no ${member}`);
  assert.equal(json["success"], false, what);
  assert.doesNotMatch(response.text, /node_modules|\bat .*\.ts:\d|select |insert /, what);
};
