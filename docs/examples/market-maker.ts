import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Book,
  BrokerXError,
  createBrokerX,
  Feed,
  formatDecimal,
  type Order,
  parseDecimal,
  unwrap,
} from "../../sdk/index.ts";

// A market maker: keeps a buy order below the middle of the market and a sell order above it.
//
//   BROKERX_KEY_FILE=alice.key node docs/examples/market-maker.ts
//
// The file has an API key with the scopes read and trade. Every open order of its account in the symbol
// belongs to this program: it moves the orders, and it cancels them when it ends.

const URL = process.env["BROKERX_URL"] ?? "http://127.0.0.1:8080";
const KEY_FILE = process.env["BROKERX_KEY_FILE"] ?? "brokerx.key";
const SYMBOL = process.env["SYMBOL"] ?? "AAPL";
const QUANTITY = 10;
/** Prices with fewer shares than this are not followed: one small order would move both quotes. */
const FOLLOWED_QUANTITY = 50;
const PAUSE_MS = 500;
/** How often the program tries to cancel its orders when it ends. */
const CANCEL_TRIES = 20;
/** Amounts are ten-thousandths: this is half of a spread of 0.06. */
const HALF_SPREAD = 300n;
const TICK = 100n;

type Side = "buy" | "sell";

const brokerx = createBrokerX({
  baseUrl: URL,
  apiKey: "brokerx-key-123",
  // The file is read for every request, so that a new key in it is used at once.
  token: () => readFileSync(KEY_FILE, "utf8").trim(),
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(10_000) }),
});

try {
  readFileSync(KEY_FILE);
} catch (error) {
  console.error(
    `The API key cannot be read (${error}). Set BROKERX_KEY_FILE to the file that contains it.`,
  );
  process.exit(1);
}

const log = (text: string): void => console.log(new Date().toISOString().slice(11, 19), text);

// The book, verified by its checksum; undefined while it is not up to date: no connection, or a missed message.
let book: Book | undefined;
const feed = new Feed({
  url: process.env["BROKERX_FEED_URL"] ?? `${URL.replace("http", "ws")}/cable`,
  ticket: brokerx.feedTicket,
  onState: (state) => log(`feed ${state}`),
});
feed.watchMarket([SYMBOL], brokerx.book, {
  onBook: (_, state, current) => {
    book = state === "live" ? current : undefined;
  },
});

const openOrders = async (): Promise<readonly Order[]> => {
  const query = { status: "open", symbol: SYMBOL, limit: 500 } as const;
  return (await unwrap(brokerx.api.GET("/api/v1/orders", { params: { query } }))).orders;
};

/** The best price at which other clients have enough shares. */
const bestOfOthers = (levels: Book["bids"], own: readonly Order[]): bigint | undefined => {
  const ownAt = (price: string): number =>
    own.reduce((sum, order) => sum + (order.price === price ? order.open_quantity : 0), 0);
  const level = levels.find(([price, quantity]) => quantity - ownAt(price) >= FOLLOWED_QUANTITY);
  return level && parseDecimal(level[0]);
};

/** Where the two quotes belong; undefined when there is no market to follow. */
const targetPrices = (own: readonly Order[]): Readonly<Record<Side, bigint>> | undefined => {
  const bid = bestOfOthers(book?.bids ?? [], own);
  const ask = bestOfOthers(book?.asks ?? [], own);
  if (bid === undefined || ask === undefined) return undefined;
  const middle = (bid + ask) / 2n;
  const buy = ((middle - HALF_SPREAD) / TICK) * TICK;
  return { buy, sell: ((middle + HALF_SPREAD + TICK - 1n) / TICK) * TICK };
};

/** Brings a side to its price. Resolves to whether the matcher has decided. */
const quote = async (side: Side, units: bigint, order: Order | undefined): Promise<boolean> => {
  const price = formatDecimal(units);
  if (order?.price === price) return order.pending_action === null;
  log(`${side} ${order === undefined ? "" : `${order.price} -> `}${price}`);
  const terms = { symbol: SYMBOL, direction: side, order_type: "limit", price } as const;
  if (order === undefined) {
    await brokerx.orders.place({ ...terms, quantity: QUANTITY, post_only: true });
    return true;
  }
  try {
    const quantity = order.filled_quantity + QUANTITY;
    return (await brokerx.orders.replace(order, { price, quantity })).pending_action === null;
  } catch (error) {
    if (!(error instanceof BrokerXError) || error.status !== 422) throw error;
    // The new terms were refused. No quote is better than one at an old price.
    await brokerx.orders.cancel(order.order_id);
    return false;
  }
};

/** One round: reads the open orders and brings them to where they belong. */
const requote = async (): Promise<void> => {
  const open = await openOrders();
  const target = targetPrices(open);
  if (target === undefined) return cancelAll();
  const buy = open.find(({ direction }) => direction === "buy");
  const sell = open.find(({ direction }) => direction === "sell");
  for (const extra of open)
    if (extra !== buy && extra !== sell) await brokerx.orders.cancel(extra.order_id);
  // When the buy moves up past the old sell, the sell goes first: the two must never cross.
  const sellFirst = sell?.price != null && target.buy >= (parseDecimal(sell.price) ?? 0n);
  if (sellFirst && !(await quote("sell", target.sell, sell))) return;
  if (!(await quote("buy", target.buy, buy))) return;
  if (!sellFirst) await quote("sell", target.sell, sell);
};

const cancelAll = async (): Promise<void> => {
  while ((await openOrders()).length > 0) {
    log("cancel all");
    const params = { query: { symbol: SYMBOL } };
    await unwrap(brokerx.api.DELETE("/api/v1/orders", { params }));
  }
};

const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stopping.abort());
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  delay(ms, undefined, signal && { signal }).catch(() => {});

/** `fetch` names the address that it could not reach only in the cause. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);

/** Runs a step. After an error it says why, and waits as long as the answer asks for. */
const attempt = async (step: () => Promise<void>, signal?: AbortSignal): Promise<boolean> => {
  try {
    await step();
    return true;
  } catch (error) {
    const refusal = error instanceof BrokerXError ? error : undefined;
    log(refusal === undefined ? reasonOf(error) : `${refusal.status} ${refusal.code}`);
    await pause((refusal?.retryAfterSeconds ?? 1) * 1_000, signal);
    return false;
  }
};

while (!stopping.signal.aborted)
  if (await attempt(requote, stopping.signal)) await pause(PAUSE_MS, stopping.signal);

// A second Ctrl-C ends the program immediately.
for (let tries = 1; !(await attempt(cancelAll)); tries += 1) {
  if (tries === CANCEL_TRIES) {
    log("the orders could not be cancelled: look for open orders on the page");
    process.exit(1);
  }
  log("open orders are not cancelled yet: trying again");
}
feed.close();
log("stopped, no order is open");
