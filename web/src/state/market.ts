import { computed, type Signal, signal } from "@preact/signals";
import {
  type Book,
  type BookState,
  type CableState,
  type components,
  Feed,
  type MarketStatus,
  type Quote,
  type Trade,
  unwrap,
} from "../../../sdk/index.ts";
import { brokerx } from "../api/brokerx.ts";
import { atNextFrame } from "./frame.ts";

export type Instrument = components["schemas"]["Instrument"];

const TAPE_LENGTH = 50;
const WATCHED_MAX = 50;

export const connection = signal<CableState>("connecting");
export const instruments = signal<readonly Instrument[] | undefined>(undefined);
export const symbol = signal("");
export const tape = signal<readonly Trade[]>([]);
const kept = signal<{ readonly state: BookState; readonly book: Book | undefined }>({
  state: "waiting",
  book: undefined,
});
const quotes = new Map<string, Signal<Quote | undefined>>();
const statuses = signal<ReadonlyMap<string, MarketStatus>>(new Map());
const tradeListeners = new Set<(trade: Trade) => void>();

/** The book of the symbol that is shown. */
export const book = computed(() => kept.value.book);

/** What the person may believe about the book: `live` means verified against the server a moment ago. */
export const bookState = computed((): "live" | "resyncing" | "stale" | "halted" => {
  if (connection.value !== "open") return "stale";
  if (kept.value.state !== "live") return "resyncing";
  return statuses.value.get(symbol.value)?.level === "halted" ? "halted" : "live";
});

export const statusOf = (ticker: string): MarketStatus | undefined => statuses.value.get(ticker);

export const instrument = computed(() =>
  instruments.value?.find((candidate) => candidate.symbol === symbol.value),
);

export const quoteOf = (ticker: string): Signal<Quote | undefined> => {
  const known = quotes.get(ticker) ?? signal<Quote | undefined>(undefined);
  quotes.set(ticker, known);
  return known;
};

/** Calls `listener` with each trade of the shown symbol, for the chart. */
export const onTrade = (listener: (trade: Trade) => void): (() => void) => {
  tradeListeners.add(listener);
  return () => tradeListeners.delete(listener);
};

let feed: Feed | undefined;
let stopSymbol: (() => void) | undefined;

/** The one connection of the page; `orders.ts` uses it too. */
export const openFeed = (): Feed => {
  feed ??= new Feed({
    url: `${location.origin.replace(/^http/, "ws")}/cable`,
    ticket: brokerx.feedTicket,
    onState: (state) => {
      connection.value = state;
    },
  });
  return feed;
};

const takeQuote = (quote: Quote): void =>
  atNextFrame(`quote ${quote.symbol}`, () => {
    quoteOf(quote.symbol).value = quote;
  });

const takeStatus = (status: MarketStatus): void => {
  statuses.value = new Map(statuses.value).set(status.symbol, status);
};

/** Reads the instruments and follows their quotes. */
export const startMarket = async (): Promise<void> => {
  const answer = await unwrap(brokerx.api.GET("/api/v1/instruments"));
  instruments.value = answer.instruments;
  symbol.value ||= answer.instruments[0]?.symbol ?? "";
  const symbols = answer.instruments.slice(0, WATCHED_MAX).map((listed) => listed.symbol);
  if (symbols.length === 0) return;
  openFeed().watchMarket(
    symbols,
    brokerx.book,
    { onQuote: takeQuote, onStatus: takeStatus },
    "throttled",
  );
};

let received: Trade[] = [];

const takeTrade = (trade: Trade): void => {
  received = [trade, ...received].slice(0, TAPE_LENGTH);
  atNextFrame("tape", () => {
    tape.value = received;
  });
  for (const listener of tradeListeners) listener(trade);
};

/** Shows one symbol: its book and its tape, change by change. */
export const showSymbol = (ticker: string): void => {
  if (stopSymbol !== undefined && ticker === symbol.peek()) return;
  stopSymbol?.();
  symbol.value = ticker;
  received = [];
  tape.value = [];
  kept.value = { state: "waiting", book: undefined };
  stopSymbol = openFeed().watchMarket([ticker], brokerx.book, {
    onQuote: takeQuote,
    onStatus: takeStatus,
    onTrade: takeTrade,
    onBook: (_, state, current) =>
      atNextFrame("book", () => {
        kept.value = { state, book: current };
      }),
  });
  void loadTape(ticker);
};

const loadTape = async (ticker: string): Promise<void> => {
  const { trades } = await unwrap(
    brokerx.api.GET("/api/v1/instruments/{symbol}/trades", {
      params: { path: { symbol: ticker }, query: { limit: TAPE_LENGTH } },
    }),
  );
  if (symbol.peek() !== ticker) return;
  const known = new Set(received.map(({ trade_id }) => trade_id));
  const earlier = trades.filter(({ trade_id }) => !known.has(trade_id));
  received = [...received, ...earlier.map((trade) => ({ type: "trade" as const, ...trade }))];
  received.length = Math.min(received.length, TAPE_LENGTH);
  tape.value = received;
};

/** Drops the connection and everything of the market; called when the session ends. */
export const stopMarket = (): void => {
  feed?.close();
  feed = undefined;
  stopSymbol = undefined;
  instruments.value = undefined;
  received = [];
  tape.value = [];
  quotes.clear();
  statuses.value = new Map();
  kept.value = { state: "waiting", book: undefined };
  connection.value = "connecting";
};

// A socket of a network that went away would stay silent for seconds before it counts as broken.
addEventListener("offline", () => feed?.reconnect());
