import type { ClientId } from "../../../layers/domain/identifiers.ts";
import type { Activity } from "../../../layers/domain/orders/activity.ts";
import { showActivity } from "../../../layers/representation/activity.ts";
import { SUBSCRIPTIONS_MAX } from "../books/subscribers.ts";
import {
  envelope,
  type MessagePosition,
  type Protocol,
  type StreamPosition,
} from "../protocol/cable.ts";
import { createMessageBatch, type Send } from "../protocol/message-batch.ts";

/** A subscription to a client's own orders that is not yet confirmed. */
export type OrdersRequest = {
  readonly connectionId: string;
  readonly clientId: ClientId;
  readonly identifier: string;
  readonly protocol: Protocol;
  /** The last event that the client has received, in the extended protocol. */
  readonly after: StreamPosition | undefined;
  readonly wantsHistory: boolean;
};

type Subscriber = {
  readonly connectionId: string;
  readonly wrap: (message: string, position?: MessagePosition) => string;
  /** Events up to this one were sent, or are known to the client. */
  sentUpTo: number;
};

export const ORDERS_STREAM = "orders";

/** Sends activities to the connections of their clients, and to no other connection. */
export const createActivityPublisher = (deps: {
  readonly send: Send;
  readonly epoch: () => string;
  /** Called when an event is missing: the client must reconnect and resume. */
  readonly onGap: (connectionId: string) => void;
}) => {
  const subscribers = createSubscribers();

  const positionOf = (offset: number): MessagePosition => ({
    stream: ORDERS_STREAM,
    epoch: deps.epoch(),
    offset,
  });

  const sendTo = (subscriber: Subscriber, activities: readonly Activity[]): void => {
    const unsent = activities.filter(({ eventId }) => eventId > subscriber.sentUpTo);
    const [first] = unsent;
    if (first === undefined) return;
    if (first.eventId !== subscriber.sentUpTo + 1) {
      deps.onGap(subscriber.connectionId);
      return;
    }
    subscriber.sentUpTo = unsent.at(-1)?.eventId ?? subscriber.sentUpTo;
    const messages = unsent.map((activity) => ({
      text: subscriber.wrap(JSON.stringify(showActivity(activity)), positionOf(activity.eventId)),
    }));
    deps.send(subscriber.connectionId, createMessageBatch(messages));
  };

  return {
    mayAdd: subscribers.mayAdd,
    /** Adds a subscriber, sends it its position in the sequence, and then the events that it missed. */
    subscribe: (
      { connectionId, clientId, identifier, protocol }: OrdersRequest,
      position: number,
      missed: readonly Activity[],
      at: Date,
    ): void => {
      const wrap = envelope(identifier, protocol);
      const subscriber: Subscriber = { connectionId, wrap, sentUpTo: position };
      subscribers.add(clientId, identifier, subscriber);
      const sequence = JSON.stringify({ type: "sequence", event_id: position, ts: at });
      const text = wrap(sequence, positionOf(position));
      deps.send(connectionId, createMessageBatch([{ text }]));
      sendTo(subscriber, missed);
    },
    unsubscribe: subscribers.remove,
    removeConnection: subscribers.removeAll,
    /** The clients that have a subscriber. */
    clients: subscribers.clients,
    publish: (news: ReadonlyMap<ClientId, readonly Activity[]>): void => {
      for (const [clientId, activities] of news)
        for (const subscriber of subscribers.of(clientId)) sendTo(subscriber, activities);
    },
  };
};

export type ActivityPublisher = ReturnType<typeof createActivityPublisher>;

/** The subscribers by client, for sending, and by connection, for removal. */
const createSubscribers = () => {
  const byClient = new Map<ClientId, Set<Subscriber>>();
  const byConnection = new Map<string, Map<string, readonly [ClientId, Subscriber]>>();

  const remove = (connectionId: string, identifier: string): void => {
    const held = byConnection.get(connectionId);
    const [clientId, subscriber] = held?.get(identifier) ?? [];
    if (held === undefined || clientId === undefined || subscriber === undefined) return;
    held.delete(identifier);
    if (held.size === 0) byConnection.delete(connectionId);
    const own = byClient.get(clientId);
    own?.delete(subscriber);
    if (own?.size === 0) byClient.delete(clientId);
  };

  return {
    mayAdd: (connectionId: string, identifier: string): boolean => {
      const held = byConnection.get(connectionId);
      return held === undefined || held.size < SUBSCRIPTIONS_MAX || held.has(identifier);
    },
    /** A second subscription with the same identifier replaces the first. */
    add: (clientId: ClientId, identifier: string, subscriber: Subscriber): void => {
      const { connectionId } = subscriber;
      remove(connectionId, identifier);
      byClient.set(clientId, (byClient.get(clientId) ?? new Set()).add(subscriber));
      const held = byConnection.get(connectionId) ?? new Map();
      byConnection.set(connectionId, held.set(identifier, [clientId, subscriber] as const));
    },
    remove,
    removeAll: (connectionId: string): void => {
      for (const identifier of [...(byConnection.get(connectionId)?.keys() ?? [])])
        remove(connectionId, identifier);
    },
    clients: (): readonly ClientId[] => [...byClient.keys()],
    of: (clientId: ClientId): Iterable<Subscriber> => byClient.get(clientId) ?? [],
  };
};
