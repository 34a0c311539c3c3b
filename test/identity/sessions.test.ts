import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChallengeId } from "../../layers/domain/identity/mfa.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { insertChallenge } from "../../layers/store/identity/challenges.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  invoke,
  type Reply,
  TEST_MAIL_SECRET,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { activeClient } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler } = await import("../../functions/refresh-session/handler.ts");
const { handler: verifyMfa } = await import("../../functions/verify-mfa/handler.ts");
const { handler: logout } = await import("../../functions/logout/handler.ts");
const { handler: listSessions } = await import("../../functions/list-sessions/handler.ts");
const { handler: endSession, othersHandler } = await import(
  "../../functions/end-sessions/handler.ts"
);
const seal = createSeal(TEST_MAIL_SECRET);
const PAGE = { origin: "http://broker.test" };

const clientOf = (email: string) => activeClient(database, { email, passwordHash: "none" });

const login = async (
  clientId: Awaited<ReturnType<typeof clientOf>>,
  session = "token",
): Promise<Reply> => {
  const challengeId = newUuid() as ChallengeId;
  const codeHash = seal.stamp("031415", challengeId);
  const challenge = { challengeId, clientId, codeHash, address: "203.0.113.7", lifeSeconds: 60 };
  await database.transaction((tx) => insertChallenge(tx, challenge));
  const body = { challenge_id: challengeId, code: "031415", session };
  const reply = await invoke(verifyMfa, { body, headers: { "user-agent": "Firefox" } });
  assert.equal(reply.status, 200, reply.text);
  return reply;
};

const cookieOf = (reply: Reply): string =>
  /^[^;]*/.exec(reply.headers["set-cookie"] ?? "")?.[0] ?? "";
const bearer = (reply: Reply) => ({ authorization: `Bearer ${String(reply.json()["token"])}` });

const sessionsOf = async (reply: Reply) => {
  const listed = await invoke(listSessions, { method: "GET", headers: bearer(reply) });
  assert.equal(listed.status, 200, listed.text);
  return listed.json()["sessions"] as {
    session_id: string;
    current: boolean;
    user_agent: string;
  }[];
};

test("a program stores the refresh token itself and finds the next one in the body", async () => {
  const first = await login(await clientOf("bot@example.org"));
  const refreshed = await invoke(handler, {
    body: { refresh_token: first.json()["refresh_token"] },
  });
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.match(String(refreshed.json()["refresh_token"]), /^[\w-]{43}$/);
  assert.equal(refreshed.headers["set-cookie"], undefined);
  assert.equal((await sessionsOf(refreshed)).length, 2); // with the one of the test itself
});

test("a page's refresh token is in a cookie that no script and no other site can read", async () => {
  const first = await login(await clientOf("page@example.org"), "cookie");
  assert.equal(first.json()["refresh_token"], undefined);
  assert.match(
    first.headers["set-cookie"] ?? "",
    /^brokerx_refresh=[\w-]{43}; Path=\/api\/v1\/auth; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  );
  const cookie = cookieOf(first);
  const refused: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
    [401, { cookie }],
    [401, { cookie, origin: "http://evil.test" }],
    [415, { cookie, ...PAGE, "content-type": "application/vnd.api+json" }],
    [401, PAGE],
  ];
  for (const [status, headers] of refused)
    assert.equal((await invoke(handler, { body: {}, headers })).status, status);
  const refreshed = await invoke(handler, { body: {}, headers: { ...PAGE, cookie } });
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.notEqual(cookieOf(refreshed), cookie);
  assert.equal(refreshed.json()["refresh_token"], undefined);
});

test("logging out ends the session, removes the cookie, and may be repeated", async () => {
  const first = await login(await clientOf("leaves@example.org"), "cookie");
  const headers = { ...PAGE, cookie: cookieOf(first) };
  for (let times = 0; times < 2; times += 1) {
    const left = await invoke(logout, { body: {}, headers });
    assert.equal(left.status, 204, left.text);
    assert.match(left.headers["set-cookie"] ?? "", /^brokerx_refresh=; .*Max-Age=0/);
  }
  const after = await invoke(handler, { body: {}, headers });
  assert.equal(after.status, 401);
  assert.equal(after.json()["code"], "invalid_refresh_token");
  assert.equal((await invoke(listSessions, { method: "GET", headers: bearer(first) })).status, 401);
});

test("the bearer token alone logs out too", async () => {
  const first = await login(await clientOf("bearer@example.org"));
  assert.equal((await invoke(logout, { body: {}, headers: bearer(first) })).status, 204);
  assert.equal((await invoke(logout, { body: {} })).status, 401);
  const refresh_token = first.json()["refresh_token"];
  assert.equal((await invoke(handler, { body: { refresh_token } })).status, 401);
});

test("a client sees its sessions, ends one of them, and then all others", async () => {
  const clientId = await clientOf("many@example.org");
  const [mine, second, third] = [
    await login(clientId),
    await login(clientId),
    await login(clientId),
  ];
  const sessions = await sessionsOf(mine);
  assert.equal(sessions.length, 4);
  assert.deepEqual(
    sessions.filter(({ current }) => current).map(({ user_agent }) => user_agent),
    ["Firefox"],
  );
  const stranger = await login(await clientOf("stranger@example.org"));
  const id = (await sessionsOf(second)).find(({ current }) => current)?.session_id ?? "";
  const request = { method: "DELETE", params: { id } };
  const foreign = await invoke(endSession, { ...request, headers: bearer(stranger) });
  assert.equal(foreign.status, 404);
  assert.equal((await invoke(endSession, { ...request, headers: bearer(mine) })).status, 204);
  assert.equal((await invoke(endSession, { ...request, headers: bearer(mine) })).status, 404);
  assert.equal((await sessionsOf(mine)).length, 3);
  const ended = await invoke(othersHandler, { method: "DELETE", headers: bearer(mine) });
  assert.equal(ended.status, 204);
  assert.equal((await sessionsOf(mine)).length, 1);
  const refresh_token = third.json()["refresh_token"];
  assert.equal((await invoke(handler, { body: { refresh_token } })).status, 401);
});
