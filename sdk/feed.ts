import type { Book, BookMessage, DepthMessage } from "./book.ts";
import { Cable, type CableState } from "./cable.ts";
import { type BookState, KeptBook } from "./kept-book.ts";
import type { components } from "./schema.d.ts";

export type Quote = {
  readonly type: "quote";
  readonly symbol: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly mid: string | null;
  readonly last: string | null;
  readonly seq: number;
  readonly ts: string;
};

export type Trade = {
  readonly type: "trade";
  readonly symbol: string;
  readonly trade_id: string;
  readonly price: string;
  readonly quantity: number;
  readonly taker_side: "buy" | "sell";
  readonly seq: number;
  readonly ts: string;
};

export type MarketStatus = {
  readonly type: "status";
  readonly symbol: string;
  readonly level: "ok" | "degraded" | "halted";
  readonly reason: string | null;
  readonly ts: string;
};

type MarketMessage = Quote | Trade | MarketStatus | BookMessage | DepthMessage;

/** An event of the client's own account, with the same fields as in `GET /activities`. */
export type OwnEvent = components["schemas"]["Activity"];

type Sequence = { readonly type: "sequence"; readonly event_id: number };

export type FeedOptions = {
  /** The feed's address without a query: `ws://127.0.0.1:8080/cable`. */
  readonly url: string;
  /** Called for each connection: `BrokerX.feedTicket`. */
  readonly ticket: () => Promise<string>;
  readonly onState?: (state: CableState) => void;
};

export type MarketHandlers = {
  readonly onQuote?: (quote: Quote) => void;
  readonly onTrade?: (trade: Trade) => void;
  readonly onStatus?: (status: MarketStatus) => void;
  /** The verified book after each change; undefined until the first one arrived. */
  readonly onBook?: (symbol: string, state: BookState, book: Book | undefined) => void;
};

export type OrdersHandlers = {
  readonly onEvent: (event: OwnEvent) => void;
  /** Called after each connect with the newest `event_id`; events up to it were not sent on this connection. */
  readonly onSequence?: (eventId: number) => void;
};

type Stop = () => void;

type Subscription = {
  readonly receive: (message: unknown) => void;
  readonly restart: () => void;
};

/** A connection to the market feed that reconnects by itself, with verified order books. */
export class Feed {
  readonly #cable: Cable;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor({ url, ticket, onState }: FeedOptions) {
    this.#cable = new Cable({
      url: async () => `${url}?ticket=${encodeURIComponent(await ticket())}`,
      onState: (state) => {
        if (state === "lost") for (const { restart } of this.#subscriptions.values()) restart();
        onState?.(state);
      },
      onMessage: (identifier, message) => this.#subscriptions.get(identifier)?.receive(message),
    });
  }

  /** Follows symbols. `readBook` is asked for the whole book when a change was missed. */
  watchMarket(
    symbols: readonly string[],
    readBook: (symbol: string) => Promise<Omit<BookMessage, "type">>,
    handlers: MarketHandlers,
    mode: "normal" | "throttled" = "normal",
  ): Stop {
    const books = new Map(
      symbols.map((symbol) => [
        symbol,
        new KeptBook(
          () => readBook(symbol),
          (state, book) => handlers.onBook?.(symbol, state, book),
        ),
      ]),
    );
    return this.#subscribe(JSON.stringify({ channel: "MarketChannel", symbols, mode }), {
      restart: () => {
        for (const book of books.values()) book.restart();
      },
      receive: (message) => {
        if (isMarketMessage(message)) deliver(message, books, handlers);
      },
    });
  }

  /** Follows the client's own orders, fills, balances and withdrawals. */
  watchOrders(handlers: OrdersHandlers): Stop {
    return this.#subscribe(JSON.stringify({ channel: "OrdersChannel" }), {
      restart: () => {},
      receive: (message) => {
        if (isSequence(message)) handlers.onSequence?.(message.event_id);
        else if (isOwnEvent(message)) handlers.onEvent(message);
      },
    });
  }

  /** Drops the connection; a new one is made after a pause. */
  reconnect(): void {
    this.#cable.reconnect();
  }

  close(): void {
    this.#cable.close();
  }

  #subscribe(identifier: string, subscription: Subscription): Stop {
    if (this.#subscriptions.has(identifier))
      throw new Error(`This feed already follows ${identifier}.`);
    this.#subscriptions.set(identifier, subscription);
    this.#cable.subscribe(identifier);
    return () => {
      this.#subscriptions.delete(identifier);
      this.#cable.unsubscribe(identifier);
    };
  }
}

const deliver = (
  message: MarketMessage,
  books: ReadonlyMap<string, KeptBook>,
  handlers: MarketHandlers,
): void => {
  if (message.type === "quote") handlers.onQuote?.(message);
  else if (message.type === "trade") handlers.onTrade?.(message);
  else if (message.type === "status") handlers.onStatus?.(message);
  else books.get(message.symbol)?.receive(message);
};

const typeOf = (message: unknown): unknown =>
  typeof message === "object" && message !== null && "type" in message ? message.type : undefined;

const MARKET = new Set<unknown>(["quote", "trade", "status", "orderbook", "depth"]);
const OWN = new Set<unknown>(["order", "fill", "balance", "transfer", "withdrawal"]);

const isMarketMessage = (message: unknown): message is MarketMessage => MARKET.has(typeOf(message));
const isOwnEvent = (message: unknown): message is OwnEvent => OWN.has(typeOf(message));
const isSequence = (message: unknown): message is Sequence => typeOf(message) === "sequence";
