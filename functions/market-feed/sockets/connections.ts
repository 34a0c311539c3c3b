import { setTimeout as delay } from "node:timers/promises";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Metrics } from "../../../layers/platform/metrics.ts";
import { type DisconnectReason, ping } from "../protocol/cable.ts";
import { createMessageBatch, type Send } from "../protocol/message-batch.ts";
import { type ConnectionOwner, TooManyConnections } from "./connect.ts";
import type { Connection } from "./connection.ts";

const PING_MS = 3_000;
const PROBE_EVERY_PINGS = 5;
const STOP_WITHIN_MS = 1_500;

/** The connections of this process: who owns each, and how to send to it. */
export const createConnections = (deps: {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "cableConnections" | "cableConnectionsTotal">;
  /** How many connections a client may have, handshakes included. */
  readonly maxPerClient: number;
}) => {
  const owners = createOwners(deps.maxPerClient);
  const connections = new Map<string, Connection>();
  const updateGauge = (): void => deps.metrics.cableConnections.set(connections.size);
  const send: Send = (id, batch) => connections.get(id)?.send(batch);
  const disconnectAll = (reason: DisconnectReason): void => {
    for (const connection of connections.values()) connection.disconnect(reason, true);
  };
  const heartbeat = startHeartbeat(deps.clock, connections);

  return {
    /** Records the owner from the handshake on. Throws TooManyConnections above the client's limit. */
    admit: owners.add,
    ownerOf: owners.of,
    /** The owners of all connections by connection id, handshakes included. */
    owners: owners.all,
    /** How many connections there are, handshakes included. */
    size: owners.size,
    add: (id: string, connection: Connection): void => {
      connections.set(id, connection);
      updateGauge();
      deps.metrics.cableConnectionsTotal.inc();
    },
    remove: (id: string): void => {
      owners.remove(id);
      if (connections.delete(id)) updateGauge();
    },
    send,
    /** Ends a connection; with `reconnect` the client is asked to reconnect. */
    disconnect: (id: string, reason: DisconnectReason, reconnect: boolean): void =>
      connections.get(id)?.disconnect(reason, reconnect),
    disconnectAll,
    /** Disconnects all clients, and waits a moment for them to close. */
    stop: async (): Promise<void> => {
      clearInterval(heartbeat);
      disconnectAll("server_restart");
      const deadline = deps.clock().getTime() + STOP_WITHIN_MS;
      while (connections.size > 0 && deps.clock().getTime() < deadline) await delay(10);
    },
  };
};

export type Connections = ReturnType<typeof createConnections>;

/** The owners of connections, with a limit for each client. */
const createOwners = (maxPerClient: number) => {
  const byConnection = new Map<string, ConnectionOwner>();
  const countByClient = new Map<ClientId, number>();

  const remove = (id: string): void => {
    const owner = byConnection.get(id);
    if (owner === undefined) return;
    byConnection.delete(id);
    const remaining = (countByClient.get(owner.clientId) ?? 1) - 1;
    if (remaining === 0) countByClient.delete(owner.clientId);
    else countByClient.set(owner.clientId, remaining);
  };

  return {
    add: (id: string, owner: ConnectionOwner): void => {
      const count = countByClient.get(owner.clientId) ?? 0;
      if (count >= maxPerClient) throw new TooManyConnections();
      byConnection.set(id, owner);
      countByClient.set(owner.clientId, count + 1);
    },
    of: (id: string): ConnectionOwner | undefined => byConnection.get(id),
    all: (): ReadonlyMap<string, ConnectionOwner> => byConnection,
    size: (): number => byConnection.size,
    remove,
  };
};

/** Sends the ping that every client expects, and now and then one that only a live peer answers. */
const startHeartbeat = (
  clock: Clock,
  connections: ReadonlyMap<string, Connection>,
): NodeJS.Timeout => {
  let pings = 0;
  return setInterval(() => {
    pings += 1;
    const batch = createMessageBatch([{ text: ping(clock()), slot: "ping" }]);
    for (const connection of connections.values()) {
      connection.send(batch);
      if (pings % PROBE_EVERY_PINGS === 0) connection.probe();
    }
  }, PING_MS);
};
