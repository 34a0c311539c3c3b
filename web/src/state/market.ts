import { computed, type Signal, signal } from "@preact/signals";
import {
  type Book,
  type BookState,
  type CableState,
  Feed,
  type MarketStatus,
  type Quote,
  type Trade,
  unwrap,
} from "../../../sdk/index.ts";
import { brokerx } from "../api/brokerx.ts";
import { loadDayOpens } from "./day-open.ts";
import { atNextFrame } from "./frame.ts";
import { dropStatuses, type Instrument, nextChange, phaseOf, putStatus } from "./phase.ts";

const TAPE_LENGTH = 50;
const WATCHED_MAX = 50;
/** The services keep instruments for up to a second. */
const AFTER_CHANGE_MS = 1_500;
const LONGEST_TIMER_MS = 3_600_000;

export const connection = signal<CableState>("connecting");
export const instruments = signal<readonly Instrument[] | undefined>(undefined);
export const symbol = signal("");
export const tape = signal<readonly Trade[]>([]);
/** How often the book of a symbol was live again after a gap, in which trades may have been missed. */
export const gaps = signal(0);
const kept = signal<{ readonly state: BookState; readonly book: Book | undefined }>({
  state: "waiting",
  book: undefined,
});
const quotes = new Map<string, Signal<Quote | undefined>>();
const tradeListeners = new Set<(trade: Trade) => void>();

/** The book of the symbol that is shown. */
export const book = computed(() => kept.value.book);

export const instrumentOf = (ticker: string): Instrument | undefined =>
  instruments.value?.find((candidate) => candidate.symbol === ticker);

export const instrument = computed(() => instrumentOf(symbol.value));

/** The state of the book that is shown: `live` means that it equals the server's, verified by checksum. */
export const bookState = computed((): "live" | "resyncing" | "stale" | "halted" | "closed" => {
  if (connection.value !== "open") return "stale";
  if (kept.value.state !== "live") return "resyncing";
  const phase = instrument.value && phaseOf(instrument.value).kind;
  if (phase === "halted") return "halted";
  return phase === "closed" || phase === "delisted" ? "closed" : "live";
});

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
      if (state !== "open") dropStatuses();
      else refreshInstruments();
    },
  });
  return feed;
};

const takeQuote = (quote: Quote): void =>
  atNextFrame(`quote ${quote.symbol}`, () => {
    quoteOf(quote.symbol).value = quote;
  });

/** A status of the feed may mean that an operator changed the instrument, so the list is read again. */
const takeStatus = (status: MarketStatus): void => {
  putStatus(status);
  refreshInstruments();
};

let refreshTimer: ReturnType<typeof setTimeout> | undefined;

/** Reads the instruments again after a delay; the newest delay counts. */
const refreshInstruments = (delayMs = AFTER_CHANGE_MS): void => {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => void readInstruments().catch(() => undefined), delayMs);
};

/** Reads the instruments, and again when the next session of a market begins or ends. */
const readInstruments = async (): Promise<readonly Instrument[]> => {
  const { instruments: listed } = await unwrap(brokerx.api.GET("/api/v1/instruments"));
  instruments.value = listed;
  loadDayOpens(listed.slice(0, WATCHED_MAX).map((instrument) => instrument.symbol));
  const untilChange = (nextChange(listed, Date.now()) ?? Number.POSITIVE_INFINITY) - Date.now();
  refreshInstruments(Math.min(untilChange + AFTER_CHANGE_MS, LONGEST_TIMER_MS));
  return listed;
};

/** Reads the instruments and follows their quotes. */
export const startMarket = async (): Promise<void> => {
  const listed = await readInstruments();
  const symbols = listed.slice(0, WATCHED_MAX).map((instrument) => instrument.symbol);
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
  let missed = false;
  stopSymbol = openFeed().watchMarket([ticker], brokerx.book, {
    onQuote: takeQuote,
    onStatus: takeStatus,
    onTrade: takeTrade,
    onBook: (_, state, current) => {
      if (state === "live" && missed) readMissed(ticker);
      missed = state !== "live";
      atNextFrame("book", () => {
        kept.value = { state, book: current };
      });
    },
  });
  void loadTape(ticker);
};

/** Reads the trades of a gap. When that fails, the tape keeps the trades that it has. */
const readMissed = (ticker: string): void => {
  gaps.value += 1;
  void loadTape(ticker).catch(() => undefined);
};

/** Shows no symbol, for an address that names none of the listed ones. */
export const hideSymbol = (): void => {
  stopSymbol?.();
  stopSymbol = undefined;
  symbol.value = "";
};

const loadTape = async (ticker: string): Promise<void> => {
  const { trades } = await unwrap(
    brokerx.api.GET("/api/v1/instruments/{symbol}/trades", {
      params: { path: { symbol: ticker }, query: { limit: TAPE_LENGTH } },
    }),
  );
  if (symbol.peek() !== ticker) return;
  const known = new Set(received.map(({ trade_id }) => trade_id));
  const missing = trades.filter(({ trade_id }) => !known.has(trade_id));
  received = [...received, ...missing.map((trade) => ({ type: "trade" as const, ...trade }))]
    .sort((a, b) => b.seq - a.seq)
    .slice(0, TAPE_LENGTH);
  tape.value = received;
};

/** Drops the connection and everything of the market; called when the session ends. */
export const stopMarket = (): void => {
  clearTimeout(refreshTimer);
  feed?.close();
  feed = undefined;
  stopSymbol = undefined;
  instruments.value = undefined;
  received = [];
  tape.value = [];
  quotes.clear();
  dropStatuses();
  kept.value = { state: "waiting", book: undefined };
  connection.value = "connecting";
  symbol.value = "";
};

// A socket of a network that went away would stay silent for seconds before it counts as broken.
addEventListener("offline", () => feed?.reconnect());
