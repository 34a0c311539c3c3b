import { type Money, money } from "../units.ts";
import { type ClosedLot, Holding, type HoldingEvent, type OpenLot } from "./lots.ts";
import type { Period } from "./period.ts";

/** The gains of one instrument by one method: realised in the period, unrealised at its end. */
export type Gains = {
  readonly realized: Money;
  /** The cost of the shares still owned. */
  readonly cost: Money;
  /** Undefined while the instrument has no price. */
  readonly unrealized: bigint | undefined;
};

/** One instrument of a profit-and-loss report. */
export type SymbolProfit = {
  readonly symbol: string;
  readonly quantity: number;
  readonly price: Money | undefined;
  readonly marketValue: bigint | undefined;
  readonly fifo: Gains;
  readonly average: Gains;
  readonly closedLots: readonly ClosedLot[];
  readonly openLots: readonly OpenLot[];
};

/**
 * Computes realised and unrealised gains by both methods. `events` are all events since the account was
 * opened, in their order, up to the end of the period; `priceOf` gives the last price before that end.
 * Instruments appear when they were owned or sold in the period, sorted by symbol.
 */
export const profitAndLoss = (
  events: Iterable<HoldingEvent>,
  period: Period,
  priceOf: (symbol: string) => Money | undefined,
): readonly SymbolProfit[] => {
  const books = new Map<string, SymbolBook>();
  for (const event of events) {
    const book = books.get(event.symbol) ?? newBook();
    books.set(event.symbol, book);
    const { closed, averageGain } = book.holding.apply(event);
    if (event.at < period.from) continue;
    book.closed.push(...closed);
    book.averageGain += averageGain;
  }
  return [...books]
    .filter(([, { holding, closed }]) => holding.position.quantity > 0 || closed.length > 0)
    .map(([symbol, book]) => profitOf(symbol, book, priceOf(symbol)))
    .sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
};

type SymbolBook = { readonly holding: Holding; readonly closed: ClosedLot[]; averageGain: bigint };

const newBook = (): SymbolBook => ({ holding: new Holding(), closed: [], averageGain: 0n });

const profitOf = (
  symbol: string,
  { holding: { position, lots }, closed, averageGain }: SymbolBook,
  price: Money | undefined,
): SymbolProfit => {
  const marketValue = price === undefined ? undefined : price * BigInt(position.quantity);
  const gains = (realized: bigint, cost: bigint): Gains => ({
    realized: money(realized),
    cost: money(cost),
    unrealized: marketValue === undefined ? undefined : marketValue - cost,
  });
  return {
    ...{ symbol, quantity: position.quantity, price, marketValue },
    fifo: gains(sum(closed, "gain"), sum(lots, "cost")),
    average: gains(averageGain, position.cost),
    closedLots: closed,
    openLots: lots,
  };
};

const sum = <Key extends string>(
  rows: readonly { readonly [K in Key]: bigint }[],
  key: Key,
): bigint => rows.reduce((total, row) => total + row[key], 0n);
