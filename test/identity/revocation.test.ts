import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Email } from "../../layers/domain/identity/client.ts";
import { newApiKey } from "../../layers/platform/credentials/api-keys.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { insertKey, revokeKey, revokeKeys } from "../../layers/store/identity/api-keys.ts";
import { setPassword, setStatus } from "../../layers/store/identity/clients.ts";
import { changeEmail, insertLink, useResetLink } from "../../layers/store/identity/links.ts";
import { beginSession, endOtherSessions } from "../../layers/store/identity/sessions.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, refusal, startFeed, token } from "../feed/feed-client.ts";
import { createMarketWriter } from "../feed/market-writer.ts";

// Credentials that end while they are in use: on an open socket, on orders and on a refresh.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL"]);
await writer.tick("AAPL");
const feed = await startFeed(database.url);
after(() => feed.stop());
useEnvironment(database.url);
const { handler: place } = await import("../../functions/place-order/handler.ts");
const { createHandler: createKey } = await import("../../functions/api-keys/handler.ts");
const { handler: requestEmail, confirmHandler: confirmEmail } = await import(
  "../../functions/change-email/handler.ts"
);
const { confirmHandler: confirmTotp } = await import("../../functions/totp/handler.ts");
const { handler: refresh } = await import("../../functions/refresh-session/handler.ts");

const newKey = async (clientId: ClientId) => {
  const { keyId, secret, text } = newApiKey();
  const key = {
    keyId,
    clientId,
    secretHash: hashToken(secret),
    name: "bot",
    createdAt: new Date(),
  };
  await database.transaction((tx) =>
    insertKey(tx, { ...key, scopes: ["read"], allowedIps: [], expiresAt: undefined }, 50),
  );
  return { keyId, authorization: `Bearer ${text}` };
};

const SESSION_ENDED = { type: "disconnect", reason: "session_ended", reconnect: false };

test("the socket of a revoked key closes with the reason, and the socket of another key stays open", async () => {
  const client = await createTestClient(database);
  const [revoked, kept] = [await newKey(client), await newKey(client)];
  const connect = ({ authorization }: { authorization: string }) =>
    connectRaw(feed.port, { headers: { authorization } });
  const [first, second] = [await connect(revoked), await connect(kept)];
  assert.equal(await revokeKey(database, client, revoked.keyId), true);
  await first.closed();
  assert.deepEqual(first.frames.at(-1), SESSION_ENDED);
  assert.equal(second.socket.readyState, second.socket.OPEN);
  const { authorization } = revoked;
  await until(async () => {
    const reply = await refusal(feed.port, "/cable", { authorization }).catch(() => undefined);
    return reply?.status === 401;
  }, "the key is refused at the handshake");
  second.socket.terminate();
});

test("a suspended client is refused on orders, on the feed and on a refresh", async () => {
  const client = await createTestClient(database, { cash: usd("1000") });
  const sessionId = newUuid();
  const refreshToken = newToken();
  await database.transaction((tx) =>
    beginSession(tx, {
      ...{ sessionId, clientId: client, refreshTokenHash: hashToken(refreshToken) },
      ...{ refreshLifeSeconds: 3_600, address: "203.0.113.7", userAgent: "test" },
    }),
  );
  const bearer = await token(600, client);
  const socket = await connectRaw(feed.port, { token: bearer });
  const authorization = await authorizationOf(client);
  const order = async () => {
    const terms = {
      symbol: "AAPL",
      order_type: "limit",
      direction: "buy",
      quantity: 1,
      price: "1",
    };
    const body = { order: { ...terms, client_order_id: newUuid() } };
    return (await invoke(place, { body, headers: { authorization } })).status;
  };
  assert.notEqual(await order(), 401, "the token is good");

  await database.transaction(async (tx) => {
    await setStatus(tx, client, "suspended");
    await endOtherSessions(tx, { clientId: client, keep: undefined, reason: "suspended" });
  });
  assert.ok([401, 422].includes(await order()), "no order is accepted from the first moment on");
  await until(async () => (await order()) === 401, "the token is refused");
  await socket.closed();
  assert.deepEqual(socket.frames.at(-1), SESSION_ENDED);
  await until(async () => {
    const reply = await refusal(feed.port, `/cable?token=${bearer}`).catch(() => undefined);
    return reply?.status === 401;
  }, "the token is refused at the handshake");
  const reply = await invoke(refresh, { body: { refresh_token: refreshToken } });
  assert.deepEqual([reply.status, reply.json()["code"]], [401, "invalid_refresh_token"]);
});

test("a suspension ends links and login codes from before, also for the time after it", async () => {
  for (const purpose of ["email_change", "password_reset"] as const) {
    const clientId = await createTestClient(database);
    const tokenHash = hashToken(newToken());
    const link = { tokenHash, clientId, purpose, lifeSeconds: 3_600 };
    const email = `${clientId}@new.example` as Email;
    await database.transaction((tx) =>
      insertLink(tx, purpose === "email_change" ? { ...link, email } : link),
    );
    for (const status of ["suspended", "active"] as const)
      await database.transaction((tx) => setStatus(tx, clientId, status));
    const isUsed = await database.transaction(async (tx) =>
      purpose === "email_change"
        ? (await changeEmail(tx, tokenHash)) !== undefined
        : useResetLink(tx, clientId, tokenHash),
    );
    assert.equal(isUsed, false, purpose);
  }
});

test("a new password ends the link to a new address that was requested before", async () => {
  const clientId = await createTestClient(database);
  const [tokenHash, email] = [hashToken(newToken()), "thief@new.example" as Email];
  await database.transaction((tx) =>
    insertLink(tx, { tokenHash, clientId, purpose: "email_change", email, lifeSeconds: 3_600 }),
  );
  await database.transaction((tx) => setPassword(tx, clientId, "another hash"));
  assert.equal(await database.transaction((tx) => changeEmail(tx, tokenHash)), undefined);
});

test("a session that has just ended creates no API key", async () => {
  const client = await createTestClient(database);
  const authorization = await authorizationOf(client);
  const ask = (name: string) =>
    invoke(createKey, { headers: { authorization }, body: { name, scopes: ["read"] } });
  assert.equal((await ask("first")).status, 201);
  await database.transaction((tx) =>
    endOtherSessions(tx, { clientId: client, keep: undefined, reason: "suspended" }),
  );
  assert.equal((await ask("second")).status, 401);
});

/** Each of these creates something that would outlast the session. */
const lasting = {
  "an API key": (authorization: string) =>
    invoke(createKey, { headers: { authorization }, body: { name: "late", scopes: ["trade"] } }),
  "a link to a new address": (authorization: string) =>
    invoke(requestEmail, { headers: { authorization }, body: { email: "thief@new.example" } }),
  "an authenticator app": (authorization: string) =>
    invoke(confirmTotp, { headers: { authorization }, body: { code: "123456" } }),
};

for (const [what, create] of Object.entries(lasting))
  for (const how of ["a password reset", "a suspension"] as const)
    test(`a request for ${what} that waits for ${how} is refused when its session has ended`, async () => {
      const client = await createTestClient(database);
      const authorization = await authorizationOf(client);
      const reply = await database.transaction(async (tx) => {
        if (how === "a password reset") await setPassword(tx, client, "another hash");
        else await setStatus(tx, client, "suspended");
        const request = create(authorization);
        await until(async () => {
          const { rows } = await database.query(sql`
            select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'
              and query like '%identity.client%for update%'`);
          return rows.length > 0;
        }, "the request waits for the client's row");
        const reason = how === "a password reset" ? "password_changed" : "suspended";
        await endOtherSessions(tx, { clientId: client, keep: undefined, reason });
        await revokeKeys(tx, client);
        return { request };
      });
      assert.equal((await reply.request).status, 401);
      const { rows } = await database.query<{ readonly left: bigint }>(sql`
        select (select count(*) from identity.api_key where client_id = ${client} and revoked_at is null)
          + (select count(*) from identity.link where client_id = ${client} and expires_at > now())
          as left`);
      assert.equal(rows[0]?.left, 0n);
    });

test("of two clients who confirm the same new address at once, one gets it", async () => {
  const email = `${newUuid()}@shared.example` as Email;
  const tokens = await Promise.all(
    [1, 2].map(async () => {
      const [clientId, text] = [await createTestClient(database), newToken()];
      const link = { tokenHash: hashToken(text), clientId, email, lifeSeconds: 3_600 };
      await database.transaction((tx) => insertLink(tx, { ...link, purpose: "email_change" }));
      return text;
    }),
  );
  const replies = await Promise.all(
    tokens.map((text) => invoke(confirmEmail, { body: { token: text } })),
  );
  assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 422]);
});
