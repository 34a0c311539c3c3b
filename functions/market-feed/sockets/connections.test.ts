import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { createMetrics } from "../../../layers/platform/metrics.ts";
import { PROTOCOL } from "../protocol/cable.ts";
import { TooManyConnections } from "./connect.ts";
import { createConnections } from "./connections.ts";

const clock = () => new Date(0);
const connections = createConnections({ clock, metrics: createMetrics(), maxPerClient: 2 });
after(connections.stop);

const admit = (id: string, clientId: string): void =>
  connections.admit(id, {
    ...{ clientId: clientId as ClientId, expiresAt: clock(), protocol: PROTOCOL },
    credential: { kind: "session", id },
  });

test("the connection limit of a client includes handshakes and does not affect another client", () => {
  admit("c-1", "a");
  admit("c-2", "a");
  assert.throws(() => admit("c-3", "a"), TooManyConnections);
  admit("c-4", "b");
  assert.equal(connections.size(), 3);
  connections.remove("c-3");
  assert.throws(() => admit("c-3", "a"), TooManyConnections, "it was never admitted");
  connections.remove("c-1");
  connections.remove("c-1");
  admit("c-3", "a");
  assert.throws(() => admit("c-5", "a"), TooManyConnections);
});
