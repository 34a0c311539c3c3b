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
import { confirmation, historyResult } from "../protocol/cable.ts";
import { createMessageBatch, type Send } from "../protocol/message-batch.ts";
import type { ActivityPublisher, OrdersRequest } from "./activity-publisher.ts";

type Deps = {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly epoch: () => string;
  readonly publisher: ActivityPublisher;
  readonly send: Send;
  /** Called when the database was restored to an earlier time: clients may have data that no longer exists. */
  readonly onRewind: () => void;
  /** Called for each subscription that could not be served because the database failed. */
  readonly onOutage: (connectionId: string, error: unknown) => void;
};

const POLL_MS = 1_000;
const RETRY_MS = 500;
/** Shortest time between two reads: changes that arrive meanwhile are numbered together. */
const REST_MS = 5;
/** Events sent to a client that resumes; a client that missed more reads `GET /activities`. */
const MISSED_MAX = 1_000;

/**
 * Numbers the activities of clients once they are committed, and sends them to their subscribers. New
 * subscriptions are served between two reads, so that no event falls between their first messages and
 * what follows.
 */
export const createActivityFollower = (deps: Deps) => {
  const requests = new Set<OrdersRequest>();
  let position: bigint | undefined;
  let loop: Loop | undefined;

  const follow = async (): Promise<void> => {
    position ??= await readPosition(deps.database);
    for (let more = true; more; ) {
      const numbered = await numberActivities(deps.database);
      const news = await readActivityNews(deps.database, position, deps.publisher.clients());
      if (news.newest < position) deps.onRewind();
      position = news.position;
      deps.publisher.publish(news.activities);
      // Under load this loop may run for long; new subscriptions do not wait for its end.
      if (requests.size > 0) await serveRequests(deps, requests);
      more = news.more || numbered > 0;
    }
  };

  const pass = async (): Promise<"idle"> => {
    try {
      await follow();
      return "idle";
    } catch (error) {
      for (const { connectionId } of requests) deps.onOutage(connectionId, error);
      requests.clear();
      throw error;
    }
  };

  return {
    start: (): void => {
      loop = startLoop({
        ...{ name: "activities", logger: deps.logger, pass },
        ...{ pauseMs: POLL_MS, restMs: REST_MS, retryMs: RETRY_MS, longestRetryMs: RETRY_MS },
      });
    },
    stop: async (): Promise<void> => loop?.stop(),
    /** Reads new activities now. */
    wake: (): void => loop?.wake(),
    subscribe: (request: OrdersRequest): void => {
      requests.add(request);
      loop?.wake();
    },
    unsubscribe: (connectionId: string, identifier: string): void => {
      withdraw(
        requests,
        (request) => request.connectionId === connectionId && request.identifier === identifier,
      );
      deps.publisher.unsubscribe(connectionId, identifier);
    },
    removeConnection: (connectionId: string): void => {
      withdraw(requests, (request) => request.connectionId === connectionId);
      deps.publisher.removeConnection(connectionId);
    },
  };
};

export type ActivityFollower = ReturnType<typeof createActivityFollower>;

const withdraw = (
  requests: Set<OrdersRequest>,
  matches: (request: OrdersRequest) => boolean,
): void => {
  for (const request of requests) if (matches(request)) requests.delete(request);
};

/** Confirms new subscriptions, with their position and the events that a resuming client missed. */
const serveRequests = async (deps: Deps, requests: Set<OrdersRequest>): Promise<void> => {
  const current = [...requests];
  const positions = await readPlaces(
    deps.database,
    current.map(({ clientId }) => clientId),
  );
  for (const request of current) {
    const newest = positions.get(request.clientId) ?? 0;
    const from = resumePosition(deps, request, newest);
    const missed =
      from === undefined || from === newest
        ? []
        : await readActivities(deps.database, request.clientId, {
            after: from,
            limit: MISSED_MAX,
          });
    if (!requests.delete(request)) continue; // unsubscribed while this was reading
    const sendText = (text: string) =>
      deps.send(request.connectionId, createMessageBatch([{ text }]));
    sendText(confirmation(request.identifier));
    deps.publisher.subscribe(request, from ?? newest, missed, deps.clock());
    if (!request.wantsHistory) continue;
    const isComplete = from !== undefined || request.after === undefined;
    sendText(historyResult(request.identifier, isComplete));
  }
};

/** The event after which to resume; undefined when the client named none, or one that is too old. */
const resumePosition = (
  { epoch }: Deps,
  { after }: OrdersRequest,
  newest: number,
): number | undefined => {
  if (after === undefined || after.epoch !== epoch()) return undefined;
  return after.offset <= newest && newest - after.offset <= MISSED_MAX ? after.offset : undefined;
};
