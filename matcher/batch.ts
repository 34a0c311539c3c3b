import type { Ticker, TradeId } from "../layers/domain/identifiers.ts";
import type { JournalKind, Transfer } from "../layers/domain/ledger/ledger.ts";
import type { Direction } from "../layers/domain/orders/order.ts";
import type { AmendmentDecision, Settlement, Trade } from "../layers/domain/orders/settlement.ts";
import { type Money, notional, type Shares } from "../layers/domain/units.ts";
import { type ClosedQuantity, changeOf, close, fill, type OrderRecord } from "./order-record.ts";

/** The changes of a batch of commands so far: trades, releases of holds, and changed orders. */
export class Batch {
  readonly trades: Trade[] = [];
  readonly transfers: Transfer[] = [];
  readonly touched = new Set<OrderRecord>();
  /**
   * Orders that traded for the first time in this batch, and those of them that took liquidity
   * then.
   */
  readonly firstTrades: OrderRecord[] = [];
  readonly firstTakers: OrderRecord[] = [];
  readonly levels: Readonly<Record<Direction, Set<Money>>> = { buy: new Set(), sell: new Set() };
  readonly symbol: Ticker;
  readonly currency: string;
  readonly firstSeq: number;
  lastSeq: number;
  /** Undefined while no command of the batch halted or resumed trading. */
  halted: boolean | undefined;

  constructor(book: {
    readonly symbol: Ticker;
    readonly currency: string;
    readonly lastSeq: number;
  }) {
    this.symbol = book.symbol;
    this.currency = book.currency;
    this.firstSeq = book.lastSeq + 1;
    this.lastSeq = book.lastSeq;
  }

  /** The number of changes so far: trades and orders. */
  get changes(): number {
    return this.trades.length + this.touched.size;
  }

  /**
   * Enters a trade: shares go to the buyer, cash to the seller, and the price improvement back to
   * the buyer.
   */
  trade(trade: {
    readonly maker: OrderRecord;
    readonly taker: OrderRecord;
    readonly takerSide: Direction;
    readonly price: Money;
    readonly quantity: Shares;
    readonly seq: number;
    readonly index: number;
  }): void {
    const { maker, taker, takerSide, price, quantity, seq, index } = trade;
    const [buyer, seller] = takerSide === "buy" ? [taker, maker] : [maker, taker];
    const tradeId = `${this.symbol}-${seq}-${index}` as TradeId;
    if (taker.filledQuantity === 0) this.firstTakers.push(taker);
    for (const record of [maker, taker]) {
      if (record.filledQuantity === 0) this.firstTrades.push(record);
      this.touched.add(record);
    }
    const cost = notional(price, quantity);
    const improvement = fill(buyer, price, quantity) - cost;
    fill(seller, price, quantity);
    this.#move("trade", tradeId, this.currency, cost, buyer, seller);
    this.#move("trade", tradeId, this.symbol, BigInt(quantity), seller, buyer);
    this.#move("release", tradeId, this.currency, improvement, buyer, buyer);
    this.trades.push({
      ...{ tradeId, seq, price, quantity, takerSide },
      makerOrderId: maker.orderId,
      takerOrderId: taker.orderId,
      buyerId: buyer.clientId,
      sellerId: seller.clientId,
    });
  }

  /** Enters quantity that leaves an order without a trade, and releases its hold. */
  release(record: OrderRecord, into: ClosedQuantity, quantity: Shares): void {
    this.touched.add(record);
    this.#release(record, close(record, into, quantity));
  }

  /** Enters a decided replace of an open order, and releases what the order no longer needs. */
  amend(record: OrderRecord, decision: AmendmentDecision, released: bigint): void {
    this.touched.add(record);
    record.decision = decision;
    this.#release(record, released);
  }

  /**
   * Returns the batch for settlement; call it once. `quantityAt` reads the book after the batch. A
   * batch that cannot be settled is discarded together with its book.
   */
  settlement(
    lastPrice: Money | undefined,
    quantityAt: (side: Direction, price: Money) => Shares,
  ): Settlement {
    const { symbol, currency, firstSeq, lastSeq, halted, trades, transfers } = this;
    const now = (side: Direction) =>
      [...this.levels[side]].map((price) => ({ price, quantity: quantityAt(side, price) }));
    const orders = [...this.touched].map(changeOf).sort(byOrderId);
    return {
      ...{ symbol, currency, firstSeq, lastSeq, lastPrice, halted, trades, transfers },
      orders,
      depth: { bids: now("buy"), asks: now("sell") },
    };
  }

  #release(record: OrderRecord, amount: bigint): void {
    const asset = record.direction === "buy" ? this.currency : this.symbol;
    this.#move("release", record.orderId, asset, amount, record, record);
  }

  #move(
    kind: JournalKind,
    reference: string,
    asset: string,
    amount: bigint,
    from: OrderRecord,
    to: OrderRecord,
  ): void {
    if (amount === 0n) return;
    this.transfers.push({
      ...{ kind, reference, asset, amount },
      debitAccount: from.clientId,
      debitBucket: "held",
      creditAccount: to.clientId,
      creditBucket: "available",
    });
  }
}

const byOrderId = (left: { orderId: string }, right: { orderId: string }): number =>
  left.orderId < right.orderId ? -1 : 1;
