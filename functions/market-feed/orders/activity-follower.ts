import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { type Loop, startLoop } from "../../../layers/platform/loop.ts";
import {
  numberActivities,
  readActivities,
  readActivityNews,
  readPlaces,
  readPosition,
} from "../../../layers/store/notifications/activities.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import type { Send } from "../books/market-publisher.ts";
import { confirmation, historyAnswer } from "../protocol/cable.ts";
import { createParcel } from "../protocol/message-batch.ts";
import type { OrdersHub, OrdersJoining } from "./activity-publisher.ts";

type Deps = {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly epoch: () => string;
  readonly hub: OrdersHub;
  readonly send: Send;
  /** The database went back in time: what clients know is void. */
  readonly rewind: () => void;
  readonly onOutage: (connectionId: string, error: unknown) => void;
};

const POLL_MS = 1_000;
const RETRY_MS = 500;
/** Shortest time between two reads: changes that arrive meanwhile are numbered together. */
const REST_MS = 5;
/** Events sent to somebody who comes back; who missed more reads them from `GET /activities`. */
const MISSED_MAX = 1_000;

/**
 * Numbers what happened to clients, once it is committed, and tells those who listen. Joins are served
 * between two looks, so no event falls between what a client is told at first and what follows.
 */
export const createOrdersFeed = (deps: Deps) => {
  const joining = new Set<OrdersJoining>();
  let position: bigint | undefined;
  let loop: Loop | undefined;

  const follow = async (): Promise<void> => {
    position ??= await readPosition(deps.database);
    for (let more = true; more; ) {
      const numbered = await numberActivities(deps.database);
      const news = await readActivityNews(deps.database, position, deps.hub.clients());
      if (news.newest < position) deps.rewind();
      position = news.position;
      deps.hub.publish(news.activities);
      // While much is happening the end may be long in coming: newcomers do not wait for it.
      if (joining.size > 0) await welcome(deps, joining);
      more = news.more || numbered > 0;
    }
  };

  const pass = async (): Promise<"idle"> => {
    try {
      await follow();
      return "idle";
    } catch (error) {
      for (const { connectionId } of joining) deps.onOutage(connectionId, error);
      joining.clear();
      throw error;
    }
  };

  return {
    start: (): void => {
      loop = startLoop({
        ...{ name: "own orders", logger: deps.logger, pass },
        ...{ pauseMs: POLL_MS, restMs: REST_MS, retryMs: RETRY_MS, longestRetryMs: RETRY_MS },
      });
    },
    stop: async (): Promise<void> => loop?.stop(),
    /** Reads the news now. */
    wake: (): void => loop?.wake(),
    join: (newcomer: OrdersJoining): void => {
      joining.add(newcomer);
      loop?.wake();
    },
    leave: (connectionId: string, identifier: string): void => {
      forget(joining, (it) => it.connectionId === connectionId && it.identifier === identifier);
      deps.hub.leave(connectionId, identifier);
    },
    drop: (connectionId: string): void => {
      forget(joining, (it) => it.connectionId === connectionId);
      deps.hub.drop(connectionId);
    },
  };
};

export type OrdersFeed = ReturnType<typeof createOrdersFeed>;

const forget = (
  joining: Set<OrdersJoining>,
  isMeant: (newcomer: OrdersJoining) => boolean,
): void => {
  for (const newcomer of joining) if (isMeant(newcomer)) joining.delete(newcomer);
};

/** Tells newcomers where their sequence stands, and what they missed when they know where they stood. */
const welcome = async (deps: Deps, joining: Set<OrdersJoining>): Promise<void> => {
  const newcomers = [...joining];
  const places = await readPlaces(
    deps.database,
    newcomers.map(({ clientId }) => clientId),
  );
  for (const newcomer of newcomers) {
    const now = places.get(newcomer.clientId) ?? 0;
    const from = resumable(deps, newcomer, now);
    const missed =
      from === undefined || from === now
        ? []
        : await readActivities(deps.database, newcomer.clientId, {
            after: from,
            limit: MISSED_MAX,
          });
    if (!joining.delete(newcomer)) continue; // it left in the meantime
    const say = (text: string) => deps.send(newcomer.connectionId, createParcel([{ text }]));
    say(confirmation(newcomer.identifier));
    deps.hub.join(newcomer, from ?? now, missed, deps.clock());
    if (newcomer.wantsHistory)
      say(historyAnswer(newcomer.identifier, from !== undefined || newcomer.after === undefined));
  }
};

/** The event after which to go on; undefined when the client said none, or one that is of no use. */
const resumable = ({ epoch }: Deps, { after }: OrdersJoining, now: number): number | undefined => {
  if (after === undefined || after.epoch !== epoch()) return undefined;
  return after.offset <= now && now - after.offset <= MISSED_MAX ? after.offset : undefined;
};
