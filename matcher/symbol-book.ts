import { assert, BrokenInvariant, unreachable } from "../layers/domain/assert.ts";
import type { Command, PlaceOrder, SequencedCommand } from "../layers/domain/command.ts";
import type { ClientId, OrderId } from "../layers/domain/identifiers.ts";
import type { Instrument } from "../layers/domain/instrument.ts";
import type { Direction } from "../layers/domain/order.ts";
import { type Money, money, type Shares, shares } from "../layers/domain/units.ts";
import type { ClaimedBook, StandingOrder } from "../layers/store/books.ts";
import { Batch } from "./batch.ts";
import { apply, type Book } from "./engine/book.ts";
import type * as engine from "./engine/protocol.ts";
import { restore } from "./engine/snapshot.ts";
import { newRecord, type OrderRecord, recordOf } from "./order-record.ts";

/** Queue positions leave room for this many orders that join a queue within one command. */
const POSITIONS_PER_COMMAND = 65_536;

/**
 * One symbol's book with what the engine does not know: who the clients are, which order a number
 * stands for, and what each order holds. It turns commands into the engine's words, and the engine's
 * events into a batch to settle. Like the engine it knows no clock and no network.
 */
export class SymbolBook {
  readonly instrument: Instrument;
  readonly #book: Book;
  readonly #records = new Map<number, OrderRecord>();
  readonly #numbers = new Map<OrderId, number>();
  readonly #owners = new Map<ClientId, number>();
  #lastSeq: number;

  /** Rebuilds the book from what is stored: settled orders in their queues, and the watermark. */
  constructor(instrument: Instrument, claimed: ClaimedBook, standing: readonly StandingOrder[]) {
    this.instrument = instrument;
    this.#lastSeq = claimed.settledSeq;
    for (const order of standing) this.#remember(recordOf(order));
    this.#book = restore({
      lastOrder: claimed.settledSeq,
      lastPrice: claimed.lastPrice === undefined ? null : this.#ticks(claimed.lastPrice),
      halted: claimed.halted,
      stops: [],
      resting: standing.map((order) => ({
        order: order.engineOrder,
        owner: this.#owner(order.clientId),
        side: order.direction,
        price: this.#ticks(order.price),
        quantity: this.#lots(order.quantity),
        open: this.#lots(order.open),
        postOnly: order.postOnly,
        selfTradePrevention: order.selfTradePrevention,
      })),
    });
  }

  /** Number of the last command that was applied; the next one must follow it. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Applies commands in sequence and answers all that they did, ready to be settled. */
  apply(commands: readonly SequencedCommand[]): Batch {
    const { symbol, currency } = this.instrument;
    const batch = new Batch({ symbol, currency, lastSeq: this.#lastSeq });
    for (const command of commands) {
      assert(
        command.seq === this.#lastSeq + 1,
        `${symbol}: command ${command.seq} out of sequence`,
      );
      this.#lastSeq = command.seq;
      batch.lastSeq = command.seq;
      this.#applyOne(batch, command);
    }
    return batch;
  }

  /** The batch as it is written. */
  settlement(batch: Batch) {
    const { lastPrice } = this.#book;
    return batch.settlement(
      lastPrice === undefined ? undefined : this.#price(lastPrice),
      (side, price) => this.#shares(this.#book.quantityAt(side, this.#ticks(price))),
    );
  }

  #applyOne(batch: Batch, { seq, command, acceptedAt }: SequencedCommand): void {
    if (command.type === "place") this.#remember(newRecord(command, seq, acceptedAt));
    const events = apply(this.#book, this.#toEngine(command, seq));
    let trades = 0;
    let joined = 0;
    for (const event of events) {
      if (event.type === "rested") {
        this.#record(event.order).queuePosition = seq * POSITIONS_PER_COMMAND + joined;
        joined += 1;
      }
      if (event.type === "traded") {
        this.#trade(batch, event, seq, trades);
        trades += 1;
      } else this.#enter(batch, event);
    }
  }

  #trade(batch: Batch, event: engine.Traded, seq: number, index: number): void {
    const price = this.#price(event.price);
    const maker = this.#record(event.maker);
    const taker = this.#record(event.taker);
    const quantity = this.#shares(event.quantity);
    batch.trade({ maker, taker, takerSide: event.takerSide, price, quantity, seq, index });
    this.#mark(batch, maker.direction, price);
    for (const record of [maker, taker]) if (record.open === 0) this.#forget(record);
  }

  #enter(batch: Batch, event: Exclude<engine.Event, engine.Traded>): void {
    switch (event.type) {
      case "accepted":
        batch.touched.add(this.#record(event.order));
        return;
      case "rested":
        this.#mark(batch, event.side, this.#price(event.price));
        return;
      case "prevented":
        this.#prevent(batch, event.maker, event.makerPrevented);
        this.#prevent(batch, event.taker, event.takerPrevented);
        return;
      case "cancelled":
      case "expired":
        this.#end(batch, event.order, event.type, event.quantity, event.reason);
        return;
      case "rejected":
        this.#end(batch, event.order, "rejected", event.quantity, event.reason);
        return;
      case "cancel_rejected": // the order was over before; its own end has cleared the request
        return;
      case "place_rejected":
      case "expire_rejected":
      case "replace_rejected":
      case "replaced":
      case "armed":
      case "stop_triggered":
      case "halted":
      case "resumed":
        throw new BrokenInvariant(`the engine answered ${event.type} to what was never sent`);
      default:
        unreachable(event);
    }
  }

  #prevent(batch: Batch, order: number, lots: number): void {
    const record = this.#record(order);
    if (lots === 0) return;
    batch.release(record, "prevented", this.#shares(lots));
    this.#mark(batch, record.direction, record.price);
    if (record.open > 0) return;
    record.status = "expired";
    record.reason = "self_trade_prevention";
    this.#forget(record);
  }

  #end(
    batch: Batch,
    order: number,
    status: "cancelled" | "expired" | "rejected",
    lots: number,
    reason: string,
  ): void {
    const record = this.#record(order);
    batch.release(record, status === "expired" ? "expired" : "cancelled", this.#shares(lots));
    record.status = status;
    record.reason = reason;
    this.#mark(batch, record.direction, record.price);
    this.#forget(record);
  }

  /** Notes a level whose quantity may have changed; it is read once the batch is over. */
  #mark(batch: Batch, side: Direction, price: Money): void {
    batch.levels[side].add(price);
  }

  #toEngine(command: Command, seq: number): engine.Command {
    switch (command.type) {
      case "place":
        return this.#toPlace(command, seq);
      case "cancel": {
        const order = this.#numbers.get(command.orderId) ?? seq;
        return { type: "cancel", order, owner: this.#owner(command.clientId) };
      }
      default:
        return unreachable(command);
    }
  }

  #toPlace(command: PlaceOrder, seq: number): engine.Place {
    const { orderType, timeInForce, postOnly, selfTradePrevention } = command;
    return {
      type: "place",
      order: seq,
      owner: this.#owner(command.clientId),
      side: command.direction,
      quantity: this.#lots(command.quantity),
      price: this.#ticks(command.price),
      ...{ orderType, timeInForce, postOnly, selfTradePrevention },
    };
  }

  #record(order: number): OrderRecord {
    const record = this.#records.get(order);
    assert(record !== undefined, `the engine speaks of order ${order}, which is not open`);
    return record;
  }

  #remember(record: OrderRecord): void {
    this.#records.set(record.engineOrder, record);
    this.#numbers.set(record.orderId, record.engineOrder);
  }

  #forget(record: OrderRecord): void {
    this.#records.delete(record.engineOrder);
    this.#numbers.delete(record.orderId);
  }

  /** The engine knows owners by small numbers; each client gets one when first seen. */
  #owner(clientId: ClientId): number {
    const known = this.#owners.get(clientId);
    if (known !== undefined) return known;
    const next = this.#owners.size + 1;
    this.#owners.set(clientId, next);
    return next;
  }

  #ticks(price: Money): number {
    const { tickSize, symbol } = this.instrument;
    assert(price % tickSize === 0n, `${symbol}: ${price} is not on a tick`);
    return Number(price / tickSize);
  }

  #price(ticks: number): Money {
    return money(BigInt(ticks) * this.instrument.tickSize);
  }

  #lots(quantity: Shares): number {
    const { lotSize, symbol } = this.instrument;
    assert(quantity % lotSize === 0, `${symbol}: ${quantity} is not in whole lots`);
    return quantity / lotSize;
  }

  #shares(lots: number): Shares {
    return shares(lots * this.instrument.lotSize);
  }
}
