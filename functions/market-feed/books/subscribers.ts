import type { Ticker } from "../../../layers/domain/identifiers.ts";
import { envelope, type Place, type Protocol } from "../protocol/cable.ts";
import type { MarketSubscription } from "../protocol/market-channel.ts";

/** Everybody who gave the same identifier and speaks the same protocol: they receive the same bytes. */
export type Group = MarketSubscription & {
  readonly identifier: string;
  readonly wrap: (message: string, place?: Place) => string;
  readonly members: ReadonlySet<string>;
};

/** What somebody asks for, in whose words. */
export type Joining = {
  readonly identifier: string;
  readonly protocol: Protocol;
  readonly wanted: MarketSubscription;
};

/** Subscriptions of one channel that one connection may have. */
export const SUBSCRIPTIONS_MAX = 20;

/** Who listens to what. */
export const createAudience = () => {
  const groups = new Map<string, Group & { readonly members: Set<string> }>();
  const listeners = new Map<Ticker, Set<Group>>();
  const subscriptions = new Map<string, Map<string, string>>();

  const open = (key: string, { identifier, protocol, wanted }: Joining) => {
    const wrap = envelope(identifier, protocol);
    const group = { ...wanted, identifier, wrap, members: new Set<string>() };
    groups.set(key, group);
    for (const symbol of group.symbols)
      listeners.set(symbol, (listeners.get(symbol) ?? new Set<Group>()).add(group));
    return group;
  };

  const leave = (connectionId: string, identifier: string): void => {
    const held = subscriptions.get(connectionId);
    const key = held?.get(identifier);
    if (held === undefined || key === undefined) return;
    held.delete(identifier);
    const group = groups.get(key);
    group?.members.delete(connectionId);
    if (group === undefined || group.members.size > 0) return;
    groups.delete(key);
    for (const symbol of group.symbols) listeners.get(symbol)?.delete(group);
  };

  return {
    /** The group joined; undefined when the connection has too many subscriptions already. */
    join: (connectionId: string, joining: Joining): Group | undefined => {
      const { identifier, protocol } = joining;
      const held = subscriptions.get(connectionId) ?? new Map<string, string>();
      if (held.size >= SUBSCRIPTIONS_MAX && !held.has(identifier)) return undefined;
      const key = `${protocol} ${identifier}`;
      subscriptions.set(connectionId, held.set(identifier, key));
      const group = groups.get(key) ?? open(key, joining);
      group.members.add(connectionId);
      return group;
    },
    leave,
    /** The connection is gone, and all it had subscribed to. */
    drop: (connectionId: string): void => {
      for (const identifier of [...(subscriptions.get(connectionId)?.keys() ?? [])])
        leave(connectionId, identifier);
      subscriptions.delete(connectionId);
    },
    listenersOf: (symbol: Ticker): ReadonlySet<Group> => listeners.get(symbol) ?? NOBODY,
  };
};

export type Audience = ReturnType<typeof createAudience>;

const NOBODY: ReadonlySet<Group> = new Set();
