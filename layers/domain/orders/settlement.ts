import { assert } from "../assert.ts";
import type { AmendmentId, ClientId, OrderId, Ticker, TradeId } from "../identifiers.ts";
import type { Transfer } from "../ledger/ledger.ts";
import { buy, NO_POSITION, type Position, sell } from "../ledger/position.ts";
import type { BookDepth } from "../market/book-depth.ts";
import type { Money, Shares } from "../units.ts";
import { type Direction, isTerminal, type Order } from "./order.ts";

/** An order as the matcher keeps and writes it: the columns that no other process changes. */
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
  /** The engine's number of the order: its number in the symbol's sequence. */
  readonly engineOrder: number;
  /** Grows with every order that joins the end of a queue; restores the queues after a restart. */
  readonly queuePosition: number;
};

/** A replace that the matcher decided: refused when there is a refusal, else applied. */
export type AmendmentDecision = {
  readonly amendmentId: AmendmentId;
  readonly refusal: string | undefined;
};

/** An order after a batch. */
export type OrderChange = BookOrder & {
  /** Whether the order was in the book before the batch. */
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

/** Everything that one batch of commands of one symbol changed; written in one transaction. */
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
  /** The price levels that changed. */
  readonly depth: BookDepth;
};

/** The changes of a settlement to one balance. */
export type BalanceChange = {
  readonly clientId: ClientId;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  /** How many orders with a hold in this balance have ended. */
  readonly endedOrders: number;
  /** For traded shares: the position before and after the trades. */
  readonly position: { readonly before: Position; readonly after: Position } | undefined;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * All transfers of a settlement and all orders that end, summed by balance, in the order in which
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

/** The buyers and sellers of the trades. */
export const tradersOf = ({ trades }: Settlement): readonly ClientId[] => [
  ...new Set(trades.flatMap(({ buyerId, sellerId }) => [buyerId, sellerId])),
];

/**
 * Applies the trades to the positions of both sides, in the order of the trades. Throws when a
 * client would own a negative quantity.
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
