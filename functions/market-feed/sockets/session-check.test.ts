import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { testLogger } from "../../../layers/testing/logger.ts";
import { until } from "../../../layers/testing/until.ts";
import { PROTOCOL } from "../protocol/cable.ts";
import type { ConnectionOwner } from "./connect.ts";
import { startSessionCheck } from "./session-check.ts";

const ownerNamed = (clientId: string): ConnectionOwner => ({
  ...{ clientId: clientId as ClientId, expiresAt: new Date(0), protocol: PROTOCOL },
});

test("connections whose session ended are closed for good, all others stay", async () => {
  const disconnected: (readonly [string, string, boolean])[] = [];
  const owners = new Map([
    ["c-1", ownerNamed("a")],
    ["c-2", ownerNamed("b")],
    ["c-3", ownerNamed("b")],
  ]);
  const loop = startSessionCheck({
    connections: {
      owners: () => owners,
      disconnect: (...call) => disconnected.push(call),
    },
    findValidOwners: async (asked) => new Set(asked.filter(({ clientId }) => clientId === "a")),
    logger: testLogger(),
  });
  await until(() => disconnected.length > 0, "the first check");
  await loop.stop();
  assert.deepEqual(disconnected.slice(0, 2), [
    ["c-2", "session_ended", false],
    ["c-3", "session_ended", false],
  ]);
});

test("while sessions cannot be read nobody is disconnected, and the check goes on", async () => {
  const disconnected: string[] = [];
  let calls = 0;
  const loop = startSessionCheck({
    connections: {
      owners: () => new Map([["c-1", ownerNamed("a")]]),
      disconnect: (id) => disconnected.push(id),
    },
    findValidOwners: async () => {
      calls += 1;
      if (calls === 1) throw new Error("the database is away");
      return new Set();
    },
    logger: testLogger(),
  });
  await until(() => disconnected.length > 0, "the check after the outage");
  await loop.stop();
  assert.ok(calls >= 2);
});
