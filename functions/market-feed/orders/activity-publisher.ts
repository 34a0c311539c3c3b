import type { ClientId } from "../../../layers/domain/identifiers.ts";
import type { Activity } from "../../../layers/domain/orders/activity.ts";
import { showActivity } from "../../../layers/representation/activity.ts";
import type { Send } from "../books/market-publisher.ts";
import { SUBSCRIPTIONS_MAX } from "../books/subscribers.ts";
import { envelope, type Place, type Protocol } from "../protocol/cable.ts";
import { createParcel } from "../protocol/message-batch.ts";

/** Somebody who asked for its own orders, and has not yet been told where its sequence stands. */
export type OrdersJoining = {
  readonly connectionId: string;
  readonly clientId: ClientId;
  readonly identifier: string;
  readonly protocol: Protocol;
  /** The last event it has seen, when it says so in the words of the extended protocol. */
  readonly after: Pick<Place, "epoch" | "offset"> | undefined;
  readonly wantsHistory: boolean;
};

/** Where a member stands: events up to `seen` were sent, or are known to it. */
type Member = {
  readonly connectionId: string;
  readonly wrap: (message: string, place?: Place) => string;
  seen: number;
};

export const ORDERS_STREAM = "orders";

/** Who listens to whose orders. A member only ever hears the client that its connection speaks for. */
export const createOrdersHub = (deps: {
  readonly send: Send;
  readonly epoch: () => string;
  /** A member was not sent an event that is gone: it has to come back and say where it stands. */
  readonly onGap: (connectionId: string) => void;
}) => {
  const members = createMembers();

  const place = (offset: number): Place => ({
    stream: ORDERS_STREAM,
    epoch: deps.epoch(),
    offset,
  });

  const tell = (member: Member, activities: readonly Activity[]): void => {
    const fresh = activities.filter(({ eventId }) => eventId > member.seen);
    const [first] = fresh;
    if (first === undefined) return;
    if (first.eventId !== member.seen + 1) {
      deps.onGap(member.connectionId);
      return;
    }
    member.seen = fresh.at(-1)?.eventId ?? member.seen;
    const messages = fresh.map((activity) => ({
      text: member.wrap(JSON.stringify(showActivity(activity)), place(activity.eventId)),
    }));
    deps.send(member.connectionId, createParcel(messages));
  };

  return {
    mayJoin: members.mayJoin,
    /** Takes a member on at `seen`, says so, and tells it what it missed before. */
    join: (
      { connectionId, clientId, identifier, protocol }: OrdersJoining,
      seen: number,
      missed: readonly Activity[],
      at: Date,
    ): void => {
      const member: Member = { connectionId, seen, wrap: envelope(identifier, protocol) };
      members.add(clientId, identifier, member);
      const start = JSON.stringify({ type: "sequence", event_id: seen, ts: at });
      deps.send(connectionId, createParcel([{ text: member.wrap(start, place(seen)) }]));
      tell(member, missed);
    },
    leave: members.remove,
    drop: members.drop,
    /** The clients anybody listens for. */
    clients: members.clients,
    publish: (news: ReadonlyMap<ClientId, readonly Activity[]>): void => {
      for (const [clientId, activities] of news)
        for (const member of members.of(clientId)) tell(member, activities);
    },
  };
};

export type OrdersHub = ReturnType<typeof createOrdersHub>;

/** Who listens: by client, to tell them; by connection, to let them go. */
const createMembers = () => {
  const byClient = new Map<ClientId, Set<Member>>();
  const byConnection = new Map<string, Map<string, readonly [ClientId, Member]>>();

  const remove = (connectionId: string, identifier: string): void => {
    const held = byConnection.get(connectionId);
    const [clientId, member] = held?.get(identifier) ?? [];
    if (held === undefined || clientId === undefined || member === undefined) return;
    held.delete(identifier);
    if (held.size === 0) byConnection.delete(connectionId);
    const own = byClient.get(clientId);
    own?.delete(member);
    if (own?.size === 0) byClient.delete(clientId);
  };

  return {
    mayJoin: (connectionId: string, identifier: string): boolean => {
      const held = byConnection.get(connectionId);
      return held === undefined || held.size < SUBSCRIPTIONS_MAX || held.has(identifier);
    },
    /** A second subscription with the same identifier takes the place of the first. */
    add: (clientId: ClientId, identifier: string, member: Member): void => {
      const { connectionId } = member;
      remove(connectionId, identifier);
      byClient.set(clientId, (byClient.get(clientId) ?? new Set()).add(member));
      const held = byConnection.get(connectionId) ?? new Map();
      byConnection.set(connectionId, held.set(identifier, [clientId, member] as const));
    },
    remove,
    drop: (connectionId: string): void => {
      for (const identifier of [...(byConnection.get(connectionId)?.keys() ?? [])])
        remove(connectionId, identifier);
    },
    clients: (): readonly ClientId[] => [...byClient.keys()],
    of: (clientId: ClientId): Iterable<Member> => byClient.get(clientId) ?? [],
  };
};
