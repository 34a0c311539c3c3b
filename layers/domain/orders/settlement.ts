import { assert } from "../assert.ts";
import type { AmendmentId, ClientId, OrderId, Ticker, TradeId } from "../identifiers.ts";
import type { Transfer } from "../ledger/ledger.ts";
import { buy, NO_POSITION, type Position, sell } from "../ledger/position.ts";
import type { Money, Shares } from "../units.ts";
import { type Direction, isTerminal, type OrderStatus } from "./order.ts";

/** An order as the matcher leaves it after a batch. The matcher alone writes these columns. */
export type OrderChange = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly direction: Direction;
  /** True when the order stood in the book before: it came there with an earlier batch. */
  readonly stood: boolean;
  readonly status: OrderStatus;
  readonly reason: string | undefined;
  /** True once a stop has woken up. */
  readonly triggered: boolean;
  readonly filled: Shares;
  readonly open: Shares;
  readonly cancelled: Shares;
  readonly expired: Shares;
  readonly prevented: Shares;
  readonly filledNotional: Money;
  readonly held: bigint;
  /** The number the engine knows the order by: its place in the symbol's sequence. */
  readonly engineOrder: number;
  /** Grows with every order that joins the back of a queue: restores the queues after a restart. */
  readonly queuePosition: number;
};

/** What became of a replace. Terms that are undefined stay as they were. */
export type AmendmentDecision = {
  readonly amendmentId: AmendmentId;
  readonly orderId: OrderId;
  /** Why nothing was changed; undefined for a replace that was applied. */
  readonly refusal: string | undefined;
  readonly quantity: Shares | undefined;
  readonly price: Money | undefined;
  readonly stopPrice: Money | undefined;
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

/** The absolute open quantity at each level that changed; 0 where nothing is left. */
export type DepthChange = {
  readonly bids: readonly (readonly [price: Money, quantity: Shares])[];
  readonly asks: readonly (readonly [price: Money, quantity: Shares])[];
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
  /** Decided replaces of orders that were open; those of orders that are over were refused by their end. */
  readonly amendments: readonly AmendmentDecision[];
  readonly trades: readonly Trade[];
  readonly transfers: readonly Transfer[];
  readonly depth: DepthChange;
};

/** What a settlement does to one balance. */
export type BalanceChange = {
  readonly clientId: ClientId;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  /** So many orders fewer hold some of it. */
  readonly ended: number;
  /** For traded shares: the position the trades found, and the one they made of it. */
  readonly position: { readonly before: Position; readonly after: Position } | undefined;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Every transfer of a settlement, and every order that ends, added up by balance, in the one order in
 * which everybody locks balances: by client, then by asset.
 */
export const balanceChanges = (settlement: Settlement): readonly BalanceChange[] => {
  const { symbol, currency, orders, transfers } = settlement;
  const changes = new Map<string, Mutable<BalanceChange>>();
  const change = (clientId: ClientId, asset: string): Mutable<BalanceChange> => {
    const key = `${clientId} ${asset}`;
    const known = changes.get(key);
    if (known !== undefined) return known;
    const first = { clientId, asset, available: 0n, held: 0n, ended: 0, position: undefined };
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
    if (isTerminal(status)) change(clientId, direction === "buy" ? currency : symbol).ended += 1;
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
 * when somebody would own less than nothing.
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
