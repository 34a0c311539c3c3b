import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { MarketBook } from "../../layers/domain/market-event.ts";
import { createAudience, type Group } from "./audience.ts";
import { type Change, type Message, messagesOf, snapshotOf } from "./changes.ts";
import type { MarketSubscription, Mode } from "./market-channel.ts";
import { createThrottle, type Throttle } from "./throttle.ts";

/** One text frame. While it waits for a slow reader, a newer frame of the same slot replaces it. */
export type Frame = { readonly data: Buffer; readonly slot?: string };

/**
 * Sends one frame to one connection; never waits and never throws. In this process it writes to the
 * socket; deployed, it posts to the connection through the gateway's management API.
 */
export type Send = (connectionId: string, frame: Frame) => void;

export type Hub = {
  /**
   * Sends the whole of each book, then every change of it: nothing can come in between. A client
   * that subscribes twice gets the books again and the changes once. `onJoined` is called before
   * the first book; false when the connection has too many subscriptions already.
   */
  readonly subscribe: (
    connectionId: string,
    identifier: string,
    subscription: MarketSubscription,
    onJoined: () => void,
  ) => boolean;
  readonly unsubscribe: (connectionId: string, identifier: string) => void;
  /** The connection is gone, and all it had subscribed to. */
  readonly drop: (connectionId: string) => void;
  /** Tells everybody who listens to the book what changed in it. */
  readonly publish: (after: MarketBook, change: Change) => void;
  /** Sends the whole book anew: the changes that lead to it are lost. */
  readonly resync: (book: MarketBook) => void;
};

/** Says what happens in the books to whom it concerns. A message is serialised once for all. */
export const createHub = (options: {
  readonly send: Send;
  readonly bookOf: (symbol: Ticker) => MarketBook | undefined;
}): Hub => {
  const audience = createAudience();
  const throttles = new Map<Ticker, Throttle>();

  const fanOut = (symbol: Ticker, mode: Mode, say: () => readonly Message[]): void => {
    const groups = [...audience.listenersOf(symbol)].filter((group) => group.mode === mode);
    if (groups.length === 0) return;
    const messages = say();
    for (const group of groups)
      for (const message of messages) {
        const frame = frameOf(group, symbol, message);
        for (const member of group.members) options.send(member, frame);
      }
  };

  const throttleOf = (symbol: Ticker): Throttle => {
    const throttle =
      throttles.get(symbol) ??
      createThrottle((after, change) =>
        fanOut(symbol, "throttled", () => messagesOf(after, change)),
      );
    throttles.set(symbol, throttle);
    return throttle;
  };

  return {
    subscribe: (connectionId, identifier, subscription, onJoined) => {
      const group = audience.join(connectionId, identifier, subscription);
      if (group === undefined) return false;
      onJoined();
      for (const symbol of group.symbols) {
        const book = options.bookOf(symbol);
        for (const message of book === undefined ? [] : snapshotOf(book))
          options.send(connectionId, frameOf(group, symbol, message));
      }
      return true;
    },
    unsubscribe: audience.leave,
    drop: audience.drop,
    publish: (after, change) => {
      fanOut(after.symbol, "normal", () => messagesOf(after, change));
      // With nobody to hear it, an old change must not be kept and said to the next who comes.
      if ([...audience.listenersOf(after.symbol)].some(({ mode }) => mode === "throttled"))
        throttleOf(after.symbol).add(after, change);
      else throttles.get(after.symbol)?.clear();
    },
    resync: (book) => {
      throttles.get(book.symbol)?.clear();
      for (const mode of ["normal", "throttled"] as const)
        fanOut(book.symbol, mode, () => snapshotOf(book));
    },
  };
};

const frameOf = (group: Group, symbol: Ticker, { json, kind }: Message): Frame => {
  const data = Buffer.from(group.wrap(json));
  return kind === undefined ? { data } : { data, slot: `${kind} ${symbol} ${group.identifier}` };
};
