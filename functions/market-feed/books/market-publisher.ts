import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { MarketBook, MarketEvent } from "../../../layers/domain/market/market-event.ts";
import { type History, historyResult } from "../protocol/cable.ts";
import type { Mode } from "../protocol/market-channel.ts";
import { createMessageBatch, type MessageBatch, type Send } from "../protocol/message-batch.ts";
import {
  type Change,
  catchUpMessages,
  changeMessages,
  type MarketMessage,
  snapshotMessages,
} from "./changes.ts";
import { statusMessage } from "./market-messages.ts";
import type { MarketStatus } from "./market-status.ts";
import {
  createSubscribers,
  type Group,
  type SubscribeRequest,
  type Subscribers,
} from "./subscribers.ts";
import { createThrottle, type Throttle } from "./throttle.ts";

type Options = {
  readonly send: Send;
  /** Identifies the numbering of this database: offsets of another epoch cannot be resumed. */
  readonly epoch: () => string;
  readonly bookOf: (symbol: Ticker) => MarketBook | undefined;
  /** The events from a command to the book; undefined when they are no longer known. */
  readonly eventsSince: (symbol: Ticker, seq: number) => readonly MarketEvent[] | undefined;
};

/** Sends changes of the books to their subscribers. A message is serialised once for all of them. */
export const createMarketPublisher = (options: Options) => {
  const subscribers = createSubscribers();
  /** The last status of each symbol. */
  const statuses = new Map<Ticker, MarketStatus>();
  const batchFor = batchMaker(options.epoch);
  const fanOut = fanOutTo(subscribers, batchFor, options.send);
  const throttles = createThrottles((after, change) =>
    fanOut(after.symbol, ["throttled"], () => changeMessages(after, change)),
  );
  const sendFirstMessages = firstMessagesSender(options, batchFor, statuses);

  return {
    mayAdd: subscribers.mayAdd,
    /**
     * Sends the books, then every change of them, without a gap. A client that subscribes twice receives
     * the books again and each change once. `confirm` is called before the first message.
     */
    subscribe: (
      connectionId: string,
      request: SubscribeRequest & { readonly history: History | undefined },
      confirm: () => void,
    ): void => {
      const group = subscribers.add(connectionId, request);
      confirm();
      sendFirstMessages(connectionId, group, request.history);
    },
    unsubscribe: subscribers.remove,
    /** Ends all subscriptions of a connection. */
    removeConnection: subscribers.removeAll,
    /** Sends a change of a book to its subscribers. */
    publish: (after: MarketBook, change: Change): void => {
      fanOut(after.symbol, ["normal"], () => changeMessages(after, change));
      // Without subscribers an old change must not be kept and sent to the next one.
      if ([...subscribers.groupsOf(after.symbol)].some(({ mode }) => mode === "throttled"))
        throttles.of(after.symbol).add(after, change);
      else throttles.clear(after.symbol);
    },
    /** Sends the whole book again, after the events that led to it were lost. */
    resync: (book: MarketBook): void => {
      throttles.clear(book.symbol);
      fanOut(book.symbol, MODES, () => snapshotMessages(book));
    },
    /** Sends the state of a market to its subscribers when it has changed. */
    publishStatus: (status: MarketStatus): void => {
      const before = statuses.get(status.symbol);
      statuses.set(status.symbol, status);
      if (hasChanged(before, status))
        fanOut(status.symbol, MODES, () => [{ json: statusMessage(status) }]);
    },
  };
};

export type MarketPublisher = ReturnType<typeof createMarketPublisher>;

/**
 * A halt that began and ended since the last status is a change too: a client that read the
 * instrument in between believes that it is halted.
 */
const hasChanged = (before: MarketStatus | undefined, status: MarketStatus): boolean => {
  if (before === undefined) return status.level !== "ok";
  if (before.level !== status.level || before.reason !== status.reason) return true;
  return before.since?.getTime() !== status.since?.getTime();
};

const MODES: readonly Mode[] = ["normal", "throttled"];

type BatchFor = (group: Group, symbol: Ticker, messages: readonly MarketMessage[]) => MessageBatch;

const streamOf = ({ mode }: Group, symbol: Ticker): string => `${symbol}:${mode}`;

const batchMaker =
  (epoch: () => string): BatchFor =>
  (group, symbol, messages) => {
    const stream = streamOf(group, symbol);
    return createMessageBatch(
      messages.map(({ json, kind, seq }) => {
        const position = seq === undefined ? undefined : { stream, epoch: epoch(), offset: seq };
        const text = group.wrap(json, position);
        return kind === undefined
          ? { text }
          : { text, slot: `${kind} ${stream} ${group.identifier}` };
      }),
    );
  };

/** Sends messages to all subscribers of some modes; they are only serialised when there are any. */
const fanOutTo =
  (subscribers: Pick<Subscribers, "groupsOf">, batchFor: BatchFor, send: Send) =>
  (symbol: Ticker, modes: readonly Mode[], messagesOf: () => readonly MarketMessage[]): void => {
    const groups = [...subscribers.groupsOf(symbol)].filter(({ mode }) => modes.includes(mode));
    if (groups.length === 0) return;
    const messages = messagesOf();
    for (const group of groups) {
      const batch = batchFor(group, symbol, messages);
      for (const member of group.members) send(member, batch);
    }
  };

const createThrottles = (publish: (after: MarketBook, change: Change) => void) => {
  const throttles = new Map<Ticker, Throttle>();
  return {
    of: (symbol: Ticker): Throttle => {
      const throttle = throttles.get(symbol) ?? createThrottle(publish);
      throttles.set(symbol, throttle);
      return throttle;
    },
    clear: (symbol: Ticker): void => throttles.get(symbol)?.clear(),
  };
};

/** Sends a new subscriber the changes that it missed, or the whole books when they are unknown. */
const firstMessagesSender =
  (options: Options, batchFor: BatchFor, statuses: ReadonlyMap<Ticker, MarketStatus>) =>
  (connectionId: string, group: Group, history: History | undefined): void => {
    let isComplete = true;
    for (const symbol of group.symbols) {
      const book = options.bookOf(symbol);
      if (book === undefined) continue;
      const position = history?.get(streamOf(group, symbol));
      const events =
        position?.epoch === options.epoch()
          ? options.eventsSince(symbol, position.offset)
          : undefined;
      if (position !== undefined && events === undefined) isComplete = false;
      const messages =
        events === undefined ? snapshotMessages(book) : catchUpMessages(book, events);
      const status = statuses.get(symbol);
      const isOk = status === undefined || status.level === "ok";
      const statusMessages = isOk ? [] : [{ json: statusMessage(status) }];
      options.send(connectionId, batchFor(group, symbol, [...messages, ...statusMessages]));
    }
    if (history === undefined) return;
    const text = historyResult(group.identifier, isComplete);
    options.send(connectionId, createMessageBatch([{ text }]));
  };
