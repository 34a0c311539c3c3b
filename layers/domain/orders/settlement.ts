import { assert } from "../assert.ts";
import type { AmendmentId, ClientId, OrderId, Ticker, TradeId } from "../identifiers.ts";
import type { Transfer } from "../ledger/ledger.ts";
import { buy, NO_POSITION, type Position, sell } from "../ledger/position.ts";
import type { BookDepth } from "../market/book-depth.ts";
import type { Money, Shares } from "../units.ts";
import { type Direction, isTerminal, type Order } from "./order.ts";

/** An order as the matcher keeps it and writes it: the columns that no other process changes. */
export type BookOrder = Pick<
  Order,
  | "orderId"
  | "clientId"
  | "direction"
  | "quantity"
  | "collarPrice"
  | "stopPrice"
  | "status"
  | "triggered"
  | "reason"
  | "filledQuantity"
  | "openQuantity"
  | "filledNotional"
  | "held"
> & {
  readonly cancelledQuantity: Shares;
  readonly expiredQuantity: Shares;
  readonly preventedQuantity: Shares;
  /** The number the engine knows the order by: its place in the symbol's sequence. */
  readonly engineOrder: number;
  /** Grows with every order that joins the back of a queue: restores the queues after a restart. */
  readonly queuePosition: number;
};

/** A replace that the matcher decided: refused when there is a refusal, else applied. */
export type AmendmentDecision = {
  readonly amendmentId: AmendmentId;
  readonly refusal: string | undefined;
};

/** An order as a batch leaves it. */
export type OrderChange = BookOrder & {
  /** True when the order was in the book before the batch. */
  readonly rested: boolean;
  /** The replace of the order that the batch decided. */
  readonly decision: AmendmentDecision | undefined;
};

export type Trade = {
  readonly tradeId: TradeId;
  readonly seq: number;
  readonly price: Money;
  readonly quantity: Shares;
  readonly takerSide: Direction;
  readonly makerOrderId: OrderId;
  readonly takerOrderId: OrderId;
  readonly buyerId: ClientId;
  readonly sellerId: ClientId;
};

/** Everything one batch of commands of one symbol did: written in one transaction, or not at all. */
export type Settlement = {
  readonly symbol: Ticker;
  readonly currency: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastPrice: Money | undefined;
  /** Undefined when the batch neither halted nor resumed trading. */
  readonly halted: boolean | undefined;
  readonly orders: readonly OrderChange[];
  readonly trades: readonly Trade[];
  readonly transfers: readonly Transfer[];
  /** The levels that changed. */
  readonly depth: BookDepth;
};

/** What a settlement does to one balance. */
export type BalanceChange = {
  readonly clientId: ClientId;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  /** How many orders that held some of it have ended. */
  readonly endedOrders: number;
  /** For traded shares: the position the trades found, and the one they made of it. */
  readonly position: { readonly before: Position; readonly after: Position } | undefined;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Every transfer of a settlement, and every order that ends, added up by balance, in the order in which
 * every process locks balances: by client, then by asset.
 */
export const balanceChanges = (settlement: Settlement): readonly BalanceChange[] => {
  const { symbol, currency, orders, transfers } = settlement;
  const changes = new Map<string, Mutable<BalanceChange>>();
  const change = (clientId: ClientId, asset: string): Mutable<BalanceChange> => {
    const key = `${clientId} ${asset}`;
    const known = changes.get(key);
    if (known !== undefined) return known;
    const first = { clientId, asset, available: 0n, held: 0n, endedOrders: 0, position: undefined };
    changes.set(key, first);
    return first;
  };
  for (const transfer of transfers) {
    const { asset, amount, debitAccount, debitBucket, creditAccount, creditBucket } = transfer;
    assert(debitBucket !== "house" && creditBucket !== "house", "a trade moves no house money");
    change(debitAccount as ClientId, asset)[debitBucket] -= amount;
    change(creditAccount as ClientId, asset)[creditBucket] += amount;
  }
  for (const { clientId, direction, status } of orders)
    if (isTerminal(status))
      change(clientId, direction === "buy" ? currency : symbol).endedOrders += 1;
  return [...changes]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, changed]) => changed);
};

/** The clients on either side of the trades. */
export const tradersOf = ({ trades }: Settlement): readonly ClientId[] => [
  ...new Set(trades.flatMap(({ buyerId, sellerId }) => [buyerId, sellerId])),
];

/**
 * Enters the trades into the positions of their two sides, in the order in which they traded. Throws
 * when a client would own less than nothing.
 */
export const enterPositions = (
  { symbol, trades }: Settlement,
  changes: readonly BalanceChange[],
  positions: ReadonlyMap<ClientId, Position>,
): readonly BalanceChange[] => {
  const after = new Map(positions);
  const enter = (clientId: ClientId, rule: typeof buy, trade: Trade): void => {
    const position = after.get(clientId) ?? NO_POSITION;
    after.set(clientId, rule(position, trade.price, trade.quantity));
  };
  for (const trade of trades) {
    enter(trade.sellerId, sell, trade);
    enter(trade.buyerId, buy, trade);
  }
  return changes.map((change) => {
    const made = change.asset === symbol ? after.get(change.clientId) : undefined;
    if (made === undefined) return change;
    return {
      ...change,
      position: { before: positions.get(change.clientId) ?? NO_POSITION, after: made },
    };
  });
};
