import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import type { Credential } from "../../../layers/domain/identity/session.ts";
import { newUuid } from "../../../layers/platform/ids.ts";
import { type Executor, sql } from "../../../layers/store/pg/database.ts";
import { createTestClient } from "../../../layers/testing/clients.ts";
import { testDatabase } from "../../../layers/testing/database.ts";
import { testLogger } from "../../../layers/testing/logger.ts";
import { until } from "../../../layers/testing/until.ts";
import { PROTOCOL } from "../protocol/cable.ts";
import type { ConnectionOwner } from "./connect.ts";
import { startSessionCheck } from "./session-check.ts";

const database = await testDatabase();

const ownerOf = (clientId: ClientId, credential?: Credential): ConnectionOwner => ({
  ...{ clientId, expiresAt: new Date(0), protocol: PROTOCOL },
  // The session of a test client has the client's own id.
  credential: credential ?? { kind: "session", id: clientId },
});

const checkUntil = async (
  owners: ReadonlyMap<string, ConnectionOwner>,
  isDone: (disconnected: ReadonlySet<string>) => boolean,
  db: Executor = database,
): Promise<ReadonlySet<string>> => {
  const disconnected = new Set<string>();
  const loop = startSessionCheck({
    database: db,
    logger: testLogger(),
    connections: {
      owners: () => owners,
      disconnect: (id, reason, reconnect) => {
        assert.deepEqual([reason, reconnect], ["session_ended", false]);
        disconnected.add(id);
      },
    },
  });
  await until(() => isDone(disconnected), "the check");
  await loop.stop();
  return disconnected;
};

test("connections of ended sessions, suspended clients and unknown keys are closed, no others", async () => {
  const clients = await Promise.all([1, 2, 3, 4].map(() => createTestClient(database)));
  const [active, signedOut, suspended, withKey] = clients as [
    ClientId,
    ClientId,
    ClientId,
    ClientId,
  ];
  await database.query(sql`
    update identity.session set ended_at = now(), end_reason = 'logout'
    where client_id = ${signedOut}`);
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${suspended}`);
  const owners = new Map([
    ["active", ownerOf(active)],
    ["active too", ownerOf(active)],
    ["signed out", ownerOf(signedOut)],
    ["suspended", ownerOf(suspended)],
    ["unknown session", ownerOf(active, { kind: "session", id: newUuid() })],
    ["unknown key", ownerOf(withKey, { kind: "api_key", id: "none" })],
  ]);
  const disconnected = await checkUntil(owners, ({ size }) => size > 0);
  assert.deepEqual([...disconnected].sort(), [
    ...["signed out", "suspended", "unknown key", "unknown session"],
  ]);
});

test("while sessions cannot be read no connection is closed, and the check is repeated", async () => {
  const owners = new Map([["c-1", ownerOf(newUuid() as ClientId)]]);
  let calls = 0;
  const query: Executor["query"] = (statement) => {
    calls += 1;
    return calls === 1
      ? Promise.reject(new Error("the database is away"))
      : database.query(statement);
  };
  await checkUntil(owners, ({ size }) => size > 0, { query });
  assert.ok(calls >= 2);
});
