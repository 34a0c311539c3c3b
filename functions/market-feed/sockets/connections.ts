import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Metrics } from "../../../layers/platform/metrics.ts";
import type { Send } from "../books/market-publisher.ts";
import { type DisconnectReason, ping } from "../protocol/cable.ts";
import { createParcel } from "../protocol/message-batch.ts";
import type { Admitted } from "./connect.ts";
import type { Session } from "./connection.ts";

const PING_MS = 3_000;
const PROBE_EVERY_PINGS = 5;
const FAREWELL_MS = 1_500;

/** The connections of this process: who each speaks for, and how to reach it. */
export const createRegistry = (deps: {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "cableConnections" | "cableConnectionsTotal">;
}) => {
  const admitted = new Map<string, Admitted>();
  const sessions = new Map<string, Session>();
  const count = (): void => deps.metrics.cableConnections.set(sessions.size);
  const send: Send = (id, parcel) => sessions.get(id)?.send(parcel);
  const closeAll = (reason: DisconnectReason): void => {
    for (const session of sessions.values()) session.farewell(reason, true);
  };
  const heartbeat = startHeartbeat(deps.clock, sessions);

  return {
    /** Keeps who a connection speaks for, from the handshake until it is forgotten. */
    admit: (id: string, as: Admitted): void => {
      admitted.set(id, as);
    },
    admittedAs: (id: string): Admitted | undefined => admitted.get(id),
    /** Connections, those still shaking hands included. */
    size: (): number => admitted.size,
    add: (id: string, session: Session): void => {
      sessions.set(id, session);
      count();
      deps.metrics.cableConnectionsTotal.inc();
    },
    forget: (id: string): void => {
      admitted.delete(id);
      if (sessions.delete(id)) count();
    },
    send,
    farewell: (id: string, reason: DisconnectReason): void =>
      sessions.get(id)?.farewell(reason, true),
    /** Ends a connection for what it did: it is not to come back by itself. */
    dismiss: (id: string): void => sessions.get(id)?.farewell("invalid_request", false),
    closeAll,
    /** Says goodbye to everybody, and waits a moment for them to go. */
    stop: async (): Promise<void> => {
      clearInterval(heartbeat);
      closeAll("server_restart");
      const deadline = deps.clock().getTime() + FAREWELL_MS;
      while (sessions.size > 0 && deps.clock().getTime() < deadline) await delay(10);
    },
  };
};

export type Registry = ReturnType<typeof createRegistry>;

/** The ping every client expects, and now and then a question that a dead peer does not answer. */
const startHeartbeat = (clock: Clock, sessions: ReadonlyMap<string, Session>): NodeJS.Timeout => {
  let beats = 0;
  return setInterval(() => {
    beats += 1;
    const parcel = createParcel([{ text: ping(clock()), slot: "ping" }]);
    for (const session of sessions.values()) {
      session.send(parcel);
      if (beats % PROBE_EVERY_PINGS === 0) session.probe();
    }
  }, PING_MS);
};
