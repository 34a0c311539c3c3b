import type { Ticker } from "../../layers/domain/identifiers.ts";
import { envelope } from "./cable.ts";
import type { MarketSubscription } from "./market-channel.ts";

/** Everybody who gave the same identifier: they receive the very same bytes. */
export type Group = MarketSubscription & {
  readonly identifier: string;
  readonly wrap: (message: string) => string;
  readonly members: ReadonlySet<string>;
};

const SUBSCRIPTIONS_MAX = 20;

/** Who listens to what. */
export const createAudience = () => {
  const groups = new Map<string, Group & { readonly members: Set<string> }>();
  const listeners = new Map<Ticker, Set<Group>>();
  const subscriptions = new Map<string, Set<string>>();

  const open = (identifier: string, subscription: MarketSubscription) => {
    const wrap = envelope(identifier);
    const group = { ...subscription, identifier, wrap, members: new Set<string>() };
    groups.set(identifier, group);
    for (const symbol of group.symbols)
      listeners.set(symbol, (listeners.get(symbol) ?? new Set<Group>()).add(group));
    return group;
  };

  const leave = (connectionId: string, identifier: string): void => {
    if (!subscriptions.get(connectionId)?.delete(identifier)) return;
    const group = groups.get(identifier);
    group?.members.delete(connectionId);
    if (group === undefined || group.members.size > 0) return;
    groups.delete(identifier);
    for (const symbol of group.symbols) listeners.get(symbol)?.delete(group);
  };

  return {
    /** The group joined; undefined when the connection has too many subscriptions already. */
    join: (
      connectionId: string,
      identifier: string,
      subscription: MarketSubscription,
    ): Group | undefined => {
      const held = subscriptions.get(connectionId) ?? new Set<string>();
      if (held.size >= SUBSCRIPTIONS_MAX && !held.has(identifier)) return undefined;
      subscriptions.set(connectionId, held.add(identifier));
      const group = groups.get(identifier) ?? open(identifier, subscription);
      group.members.add(connectionId);
      return group;
    },
    leave,
    /** The connection is gone, and all it had subscribed to. */
    drop: (connectionId: string): void => {
      for (const identifier of subscriptions.get(connectionId) ?? [])
        leave(connectionId, identifier);
      subscriptions.delete(connectionId);
    },
    listenersOf: (symbol: Ticker): ReadonlySet<Group> => listeners.get(symbol) ?? NOBODY,
  };
};

const NOBODY: ReadonlySet<Group> = new Set();
