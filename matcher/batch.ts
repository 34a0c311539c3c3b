import type { Ticker, TradeId } from "../layers/domain/identifiers.ts";
import type { JournalKind, Transfer } from "../layers/domain/ledger/ledger.ts";
import type { Direction } from "../layers/domain/orders/order.ts";
import type { AmendmentDecision, Settlement, Trade } from "../layers/domain/orders/settlement.ts";
import { type Money, notional, type Shares } from "../layers/domain/units.ts";
import { changeOf, fill, type OrderRecord, take } from "./order-record.ts";

/** What a batch of commands did so far, in the words of the ledger and the order table. */
export class Batch {
  readonly trades: Trade[] = [];
  readonly amendments: AmendmentDecision[] = [];
  readonly transfers: Transfer[] = [];
  readonly touched = new Set<OrderRecord>();
  /** Orders that traded for the first time, and those of them that came to take. */
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

  /** A trade between two standing orders: shares one way, cash the other, improvement back. */
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
    if (taker.parts.filled === 0) this.firstTakers.push(taker);
    for (const record of [maker, taker]) {
      if (record.parts.filled === 0) this.firstTrades.push(record);
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

  /** Quantity that leaves an order without a trade; what it held goes back. */
  release(
    record: OrderRecord,
    part: "cancelled" | "expired" | "prevented",
    quantity: Shares,
  ): void {
    this.touched.add(record);
    this.#release(record, take(record, part, quantity));
  }

  /** A decided replace of an open order, and what it holds no longer. */
  amend(record: OrderRecord, decision: AmendmentDecision, released: bigint): void {
    this.touched.add(record);
    this.amendments.push(decision);
    this.#release(record, released);
  }

  /**
   * The batch as settlement writes it. `quantityAt` reads the book as it is after the batch. What it
   * leaves in the book stands there from now on: a batch that is not settled takes its book with it.
   */
  settlement(
    lastPrice: Money | undefined,
    quantityAt: (side: Direction, price: Money) => Shares,
  ): Settlement {
    const { symbol, currency, firstSeq, lastSeq, halted, trades, amendments, transfers } = this;
    const now = (side: Direction) =>
      [...this.levels[side]].map((price) => [price, quantityAt(side, price)] as const);
    const orders = [...this.touched].map(changeOf).sort(byOrderId);
    for (const record of this.touched) record.stands = true;
    return {
      ...{ symbol, currency, firstSeq, lastSeq, lastPrice, halted, trades, amendments, transfers },
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
