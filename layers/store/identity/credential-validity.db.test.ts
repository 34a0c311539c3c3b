import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../pg/database.ts";
import { createCredentialValidity, findValid } from "./credential-validity.ts";
import { endSession } from "./sessions.ts";

const database = await testDatabase();
let now = new Date("2026-01-01T00:00:00Z");
const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};

const principal = async () => {
  const clientId = await createTestClient(database);
  return { clientId, credential: { kind: "session", id: clientId } as const };
};

test("a session is valid until it ends, and a new check sees its end at once", async () => {
  const { isValid } = createCredentialValidity(database, () => now);
  const caller = await principal();
  assert.equal(await isValid(caller), true);
  const { clientId } = caller;
  await endSession(database, { clientId, sessionId: clientId, reason: "logout" });
  assert.equal(await isValid(caller), true, "within two seconds the memory may answer");
  assert.equal(await isValid(caller, "new"), false, "a new answer is asked of the database");
  assert.equal(await isValid(caller), false, "and is remembered");
});

test("two seconds after a session's end every process refuses it", async () => {
  const { isValid } = createCredentialValidity(database, () => now);
  const caller = await principal();
  assert.equal(await isValid(caller), true);
  const { clientId } = caller;
  await endSession(database, { clientId, sessionId: clientId, reason: "logout" });
  later(2_000);
  assert.equal(await isValid(caller), false);
});

test("sessions of a suspended client are not valid, nor are unknown sessions or another client's", async () => {
  const [active, suspended] = [await principal(), await principal()];
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${suspended.clientId}`);
  const foreign = { clientId: active.clientId, credential: suspended.credential };
  const malformed = { ...active, credential: { kind: "session", id: "test" } as const };
  const found = await findValid(database, [suspended, foreign, active, malformed]);
  assert.deepEqual([...found], [active]);
});

test("after the clock was set back, and after a freeze, the database is asked again", async () => {
  const { isValid } = createCredentialValidity(database, () => now);
  const caller = await principal();
  assert.equal(await isValid(caller), true);
  await endSession(database, {
    ...{ clientId: caller.clientId, sessionId: caller.clientId, reason: "logout" },
  });
  later(-60_000);
  assert.equal(await isValid(caller), false);
});
