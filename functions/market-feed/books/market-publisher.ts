import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { MarketBook, MarketEvent } from "../../../layers/domain/market/market-event.ts";
import { type History, historyAnswer } from "../protocol/cable.ts";
import type { Mode } from "../protocol/market-channel.ts";
import { createParcel, type Parcel } from "../protocol/message-batch.ts";
import { type Change, catchUpOf, messagesOf, type Said, snapshotOf } from "./changes.ts";
import { statusMessage } from "./market-messages.ts";
import { type Audience, createAudience, type Group, type Joining } from "./subscribers.ts";
import { createThrottle, type Throttle } from "./throttle.ts";

/**
 * Sends a parcel to one connection; never waits and never throws. In this process it writes to the
 * socket; deployed, it posts to the connection through the gateway's management API.
 */
export type Send = (connectionId: string, parcel: Parcel) => void;

/** How a symbol's market does, as its followers are told. */
export type MarketStatus = {
  readonly symbol: Ticker;
  readonly level: "ok" | "degraded" | "halted";
  readonly reason: string | null;
  readonly at: Date;
};

type Options = {
  readonly send: Send;
  /** Names the numbering of this database: an offset of another epoch means nothing. */
  readonly epoch: () => string;
  readonly bookOf: (symbol: Ticker) => MarketBook | undefined;
  /** The events that lead from a command to the book; undefined when they are not known any more. */
  readonly eventsSince: (symbol: Ticker, seq: number) => readonly MarketEvent[] | undefined;
};

/** Says what happens in the books to whom it concerns. A message is serialised once for all. */
export const createHub = (options: Options) => {
  const audience = createAudience();
  const troubled = new Map<Ticker, MarketStatus>();
  const pack = packerOf(options.epoch);
  const fanOut = fanOutTo(audience, pack, options.send);
  const throttles = throttlesOf((after, change) =>
    fanOut(after.symbol, ["throttled"], () => messagesOf(after, change)),
  );
  const greet = greeter(options, pack, troubled);

  return {
    /**
     * Says how each book stands, then every change of it: nothing can come in between. A client that
     * subscribes twice hears the books again and the changes once. `confirm` is called before the
     * first word; false when the connection has too many subscriptions already.
     */
    subscribe: (
      connectionId: string,
      joining: Joining & { readonly history: History | undefined },
      confirm: () => void,
    ): boolean => {
      const group = audience.join(connectionId, joining);
      if (group === undefined) return false;
      confirm();
      greet(connectionId, group, joining.history);
      return true;
    },
    unsubscribe: audience.leave,
    /** The connection is gone, and all it had subscribed to. */
    drop: audience.drop,
    /** Tells everybody who listens to the book what changed in it. */
    publish: (after: MarketBook, change: Change): void => {
      fanOut(after.symbol, ["normal"], () => messagesOf(after, change));
      // With nobody to hear it, an old change must not be kept and said to the next who comes.
      if ([...audience.listenersOf(after.symbol)].some(({ mode }) => mode === "throttled"))
        throttles.of(after.symbol).add(after, change);
      else throttles.clear(after.symbol);
    },
    /** Sends the whole book anew: the changes that lead to it are lost. */
    resync: (book: MarketBook): void => {
      throttles.clear(book.symbol);
      fanOut(book.symbol, MODES, () => snapshotOf(book));
    },
    /** Tells everybody who listens how the market does, when that has changed. */
    tellStatus: (status: MarketStatus): void => {
      const { symbol, level, reason } = status;
      const before = troubled.get(symbol);
      if ((before?.level ?? "ok") === level && (before?.reason ?? null) === reason) return;
      if (level === "ok") troubled.delete(symbol);
      else troubled.set(symbol, status);
      fanOut(symbol, MODES, () => [{ json: statusMessage(status) }]);
    },
  };
};

export type Hub = ReturnType<typeof createHub>;

const MODES: readonly Mode[] = ["normal", "throttled"];

type Pack = (group: Group, symbol: Ticker, said: readonly Said[]) => Parcel;

const streamOf = ({ mode }: Group, symbol: Ticker): string => `${symbol}:${mode}`;

const packerOf =
  (epoch: () => string): Pack =>
  (group, symbol, said) => {
    const stream = streamOf(group, symbol);
    return createParcel(
      said.map(({ json, kind, seq }) => {
        const place = seq === undefined ? undefined : { stream, epoch: epoch(), offset: seq };
        const text = group.wrap(json, place);
        return kind === undefined
          ? { text }
          : { text, slot: `${kind} ${stream} ${group.identifier}` };
      }),
    );
  };

/** Says the same to all listeners of some modes; nothing is put into words when there are none. */
const fanOutTo =
  (audience: Pick<Audience, "listenersOf">, pack: Pack, send: Send) =>
  (symbol: Ticker, modes: readonly Mode[], say: () => readonly Said[]): void => {
    const groups = [...audience.listenersOf(symbol)].filter(({ mode }) => modes.includes(mode));
    if (groups.length === 0) return;
    const said = say();
    for (const group of groups) {
      const parcel = pack(group, symbol, said);
      for (const member of group.members) send(member, parcel);
    }
  };

const throttlesOf = (say: (after: MarketBook, change: Change) => void) => {
  const throttles = new Map<Ticker, Throttle>();
  return {
    of: (symbol: Ticker): Throttle => {
      const throttle = throttles.get(symbol) ?? createThrottle(say);
      throttles.set(symbol, throttle);
      return throttle;
    },
    clear: (symbol: Ticker): void => throttles.get(symbol)?.clear(),
  };
};

/** Says to a new member what it has not seen yet, or everything when that cannot be told. */
const greeter =
  (options: Options, pack: Pack, troubled: ReadonlyMap<Ticker, MarketStatus>) =>
  (connectionId: string, group: Group, history: History | undefined): void => {
    let isComplete = true;
    for (const symbol of group.symbols) {
      const book = options.bookOf(symbol);
      if (book === undefined) continue;
      const place = history?.get(streamOf(group, symbol));
      const events =
        place?.epoch === options.epoch() ? options.eventsSince(symbol, place.offset) : undefined;
      if (place !== undefined && events === undefined) isComplete = false;
      const said = events === undefined ? snapshotOf(book) : catchUpOf(book, events);
      const trouble = troubled.get(symbol);
      const status = trouble === undefined ? [] : [{ json: statusMessage(trouble) }];
      options.send(connectionId, pack(group, symbol, [...said, ...status]));
    }
    if (history === undefined) return;
    const text = historyAnswer(group.identifier, isComplete);
    options.send(connectionId, createParcel([{ text }]));
  };
