import type { Ticker } from "../../../layers/domain/identifiers.ts";
import { envelope, type MessagePosition, type Protocol } from "../protocol/cable.ts";
import type { MarketSubscription } from "../protocol/market-channel.ts";

/** All connections with the same identifier and protocol: they receive the same bytes. */
export type Group = MarketSubscription & {
  readonly identifier: string;
  readonly wrap: (message: string, position?: MessagePosition) => string;
  /** Ids of connections. */
  readonly members: ReadonlySet<string>;
};

/** A requested subscription. */
export type SubscribeRequest = {
  readonly identifier: string;
  readonly protocol: Protocol;
  readonly subscription: MarketSubscription;
};

/** Subscriptions of one channel that a connection may have. */
export const SUBSCRIPTIONS_MAX = 20;

/** Which connections are subscribed to which books. */
export const createSubscribers = () => {
  const groups = new Map<string, Group & { readonly members: Set<string> }>();
  const groupsBySymbol = new Map<Ticker, Set<Group>>();
  /** The group's key by identifier, for each connection. */
  const subscriptions = new Map<string, Map<string, string>>();

  const addGroup = (key: string, { identifier, protocol, subscription }: SubscribeRequest) => {
    const wrap = envelope(identifier, protocol);
    const group = { ...subscription, identifier, wrap, members: new Set<string>() };
    groups.set(key, group);
    for (const symbol of group.symbols)
      groupsBySymbol.set(symbol, (groupsBySymbol.get(symbol) ?? new Set<Group>()).add(group));
    return group;
  };

  const remove = (connectionId: string, identifier: string): void => {
    const held = subscriptions.get(connectionId);
    const key = held?.get(identifier);
    if (held === undefined || key === undefined) return;
    held.delete(identifier);
    const group = groups.get(key);
    group?.members.delete(connectionId);
    if (group === undefined || group.members.size > 0) return;
    groups.delete(key);
    for (const symbol of group.symbols) groupsBySymbol.get(symbol)?.delete(group);
  };

  const mayAdd = (connectionId: string, identifier: string): boolean => {
    const held = subscriptions.get(connectionId);
    return held === undefined || held.size < SUBSCRIPTIONS_MAX || held.has(identifier);
  };

  return {
    /** Whether the connection may have this subscription beside those it has. */
    mayAdd,
    /** Subscribes a connection, and returns the group that it now belongs to. */
    add: (connectionId: string, request: SubscribeRequest): Group => {
      const { identifier, protocol } = request;
      const key = `${protocol} ${identifier}`;
      const held = subscriptions.get(connectionId) ?? new Map<string, string>();
      subscriptions.set(connectionId, held.set(identifier, key));
      const group = groups.get(key) ?? addGroup(key, request);
      group.members.add(connectionId);
      return group;
    },
    remove,
    /** Ends all subscriptions of a connection. */
    removeAll: (connectionId: string): void => {
      for (const identifier of [...(subscriptions.get(connectionId)?.keys() ?? [])])
        remove(connectionId, identifier);
      subscriptions.delete(connectionId);
    },
    groupsOf: (symbol: Ticker): ReadonlySet<Group> => groupsBySymbol.get(symbol) ?? NO_GROUPS,
  };
};

export type Subscribers = ReturnType<typeof createSubscribers>;

const NO_GROUPS: ReadonlySet<Group> = new Set();
