import { assert } from "./assert.ts";
import type { AmendmentId, ClientId, OrderId, Ticker, TradeId } from "./identifiers.ts";
import type { Transfer } from "./ledger.ts";
import type { Direction, OrderStatus } from "./order.ts";
import { buy, sell } from "./position.ts";
import { type Money, money, type Shares, shares } from "./units.ts";

/** An order as the matcher leaves it after a batch. The matcher alone writes these columns. */
export type OrderChange = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
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

/** What one client has of one asset, as stored. */
export type Holding = {
  readonly clientId: ClientId;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly cost: bigint;
  readonly realizedPnl: bigint;
};

/** The balances a settlement touches, in the one order in which everybody locks them. */
export const touchedBalances = ({
  transfers,
}: Settlement): readonly { readonly clientId: string; readonly asset: string }[] => {
  const keys = new Set(
    transfers.flatMap(({ asset, debitAccount, creditAccount }) => [
      `${debitAccount} ${asset}`,
      `${creditAccount} ${asset}`,
    ]),
  );
  return [...keys].sort().map((key) => {
    const [clientId = "", asset = ""] = key.split(" ");
    return { clientId, asset };
  });
};

/**
 * The balances after a settlement: every transfer posted, and every trade entered into the positions
 * of its two sides in the order in which they traded. Throws when a balance would go below zero.
 */
export const settledHoldings = (
  settlement: Settlement,
  before: readonly Holding[],
): readonly Holding[] => {
  const holdings = new Map(before.map((holding) => [keyOf(holding), { ...holding }]));
  const find = (clientId: string, asset: string) => {
    const holding = holdings.get(`${clientId} ${asset}`);
    assert(holding !== undefined, `no balance of ${asset} for ${clientId}`);
    return holding;
  };
  enterTrades(settlement, find);
  for (const transfer of settlement.transfers) {
    const { asset, amount, debitAccount, debitBucket, creditAccount, creditBucket } = transfer;
    assert(debitBucket !== "house" && creditBucket !== "house", "a trade moves no house money");
    find(debitAccount, asset)[debitBucket] -= amount;
    find(creditAccount, asset)[creditBucket] += amount;
  }
  const after = [...holdings.values()];
  for (const { clientId, asset, available, held } of after)
    assert(available >= 0n && held >= 0n, `${asset} of ${clientId} below zero`);
  return after;
};

const keyOf = ({ clientId, asset }: Holding): string => `${clientId} ${asset}`;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Enters fills into cost and realised profit. Quantities owned are counted here, not yet moved. */
const enterTrades = (
  { symbol, trades }: Settlement,
  find: (clientId: string, asset: string) => Mutable<Holding>,
): void => {
  const owned = new Map<ClientId, Shares>();
  const enter = (clientId: ClientId, rule: typeof buy, trade: Trade): void => {
    const holding = find(clientId, symbol);
    const quantity = owned.get(clientId) ?? shares(Number(holding.available + holding.held));
    const position = {
      quantity,
      cost: money(holding.cost),
      realizedPnl: money(holding.realizedPnl),
    };
    const after = rule(position, trade.price, trade.quantity);
    owned.set(clientId, after.quantity);
    holding.cost = after.cost;
    holding.realizedPnl = after.realizedPnl;
  };
  for (const trade of trades) {
    enter(trade.sellerId, sell, trade);
    enter(trade.buyerId, buy, trade);
  }
};
