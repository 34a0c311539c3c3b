import { assert, BrokenInvariant, unreachable } from "../layers/domain/assert.ts";
import type { OrderId } from "../layers/domain/identifiers.ts";
import type { Instrument } from "../layers/domain/market/instrument.ts";
import type { Command, ReplaceOrder, SequencedCommand } from "../layers/domain/orders/command.ts";
import type { Direction } from "../layers/domain/orders/order.ts";
import type { Money } from "../layers/domain/units.ts";
import type { ClaimedBook } from "../layers/store/matching/books.ts";
import type { RestingOrder } from "../layers/store/matching/resting-orders.ts";
import { Batch } from "./batch.ts";
import { EndTimes } from "./end-times.ts";
import { apply, type Book } from "./engine/book.ts";
import type * as engine from "./engine/protocol.ts";
import { restore, snapshot } from "./engine/snapshot.ts";
import { EngineAdapter } from "./engine-adapter.ts";
import {
  amend,
  end,
  isDormant,
  newRecord,
  type OrderRecord,
  recordOf,
  trigger,
} from "./order-record.ts";

/** Leaves room for this many orders that join the end of a queue within one command. */
const POSITIONS_PER_COMMAND = 1_048_576;

/**
 * The book of a symbol with what the engine does not know: the clients, the order of each number,
 * and the hold of each order. It applies commands to the engine and enters the engine's events into
 * a batch to settle. Like the engine it uses no clock and no network.
 */
export class SymbolBook {
  readonly instrument: Instrument;
  readonly #book: Book;
  readonly #records = new Map<number, OrderRecord>();
  readonly #numbers = new Map<OrderId, number>();
  readonly #adapter: EngineAdapter;
  readonly #endTimes = new EndTimes();
  #lastSeq: number;

  /** Rebuilds the book from the stored orders in their queues and the watermark. */
  constructor(
    instrument: Instrument,
    claimed: Pick<ClaimedBook, "settledSeq" | "lastPrice" | "halted">,
    orders: readonly RestingOrder[],
  ) {
    this.instrument = instrument;
    this.#adapter = new EngineAdapter(instrument);
    this.#lastSeq = claimed.settledSeq;
    for (const order of orders) this.#remember(recordOf(order));
    this.#book = restore({
      lastOrder: claimed.settledSeq,
      lastPrice: claimed.lastPrice === undefined ? null : this.#adapter.ticks(claimed.lastPrice),
      halted: claimed.halted,
      resting: orders
        .filter((order) => !isDormant(order))
        .map((order) => this.#adapter.resting(order)),
      stops: orders.filter(isDormantStop).map((order) => this.#adapter.stop(order)),
    });
  }

  /** Number of the last command that was applied; the next one must follow it. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The number of open orders, including untriggered stops. */
  get orders(): number {
    return this.#records.size;
  }

  /**
   * Applies commands in sequence and returns all changes. Ends after the command with which the
   * changes reach `changesMax`: the batch tells its last command.
   */
  apply(commands: readonly SequencedCommand[], changesMax = Number.POSITIVE_INFINITY): Batch {
    const { symbol, currency } = this.instrument;
    const batch = new Batch({ symbol, currency, lastSeq: this.#lastSeq });
    for (const command of commands) {
      assert(
        command.seq === this.#lastSeq + 1,
        `${symbol}: command ${command.seq} out of sequence`,
      );
      this.#lastSeq = command.seq;
      batch.lastSeq = command.seq;
      this.#applyCommand(batch, command);
      if (batch.changes >= changesMax) break;
    }
    return batch;
  }

  /**
   * The batch for settlement. It names the last price only when it has a trade: the stored price may
   * have been rounded to a new tick size while the symbol was halted.
   */
  settlement(batch: Batch) {
    const lastPrice = batch.trades.length === 0 ? undefined : this.#book.lastPrice;
    return batch.settlement(
      lastPrice === undefined ? undefined : this.#adapter.price(lastPrice),
      (side, price) =>
        this.#adapter.shares(this.#book.quantityAt(side, this.#adapter.ticks(price))),
    );
  }

  /**
   * The whole book as plain data: orders in their queues, stops, and the hold of each order. Equal
   * for equal books, however they were built, so that a rebuilt book can be compared.
   */
  picture(): object {
    const { lastPrice, halted, resting, stops } = snapshot(this.#book);
    const named = <Entry extends { readonly order: number; readonly owner: number }>({
      owner: _,
      ...entry
    }: Entry) => {
      const { acceptedAt: __, rested: ___, ...record } = this.#record(entry.order);
      return { ...entry, record };
    };
    const orders = { resting: resting.map(named), stops: stops.map(named) };
    return { lastSeq: this.#lastSeq, lastPrice, halted, ...orders };
  }

  /**
   * Expires orders whose end is at or before the acceptance of the command, before the command can
   * match them: no order trades at or after its end, however late the command to expire it comes.
   */
  #expireDue(batch: Batch, acceptedAt: Date): void {
    for (const order of this.#endTimes.takeDue(acceptedAt.getTime())) {
      if (!this.#records.has(order)) continue; // it left the book before its end
      for (const event of apply(this.#book, { type: "expire", order }))
        if (event.type !== "traded") this.#enter(batch, event);
    }
  }

  #applyCommand(batch: Batch, { seq, command, acceptedAt }: SequencedCommand): void {
    this.#expireDue(batch, acceptedAt);
    if (command.type === "place") this.#remember(newRecord(command, seq, acceptedAt));
    const events =
      this.#endBeforeBook(command, seq, acceptedAt) ??
      apply(this.#book, this.#toEngine(command, seq));
    if (command.type === "replace") this.#amend(batch, command, events[0]);
    let trades = 0;
    let joined = 0;
    for (const event of events) {
      if (event.type === "rested" || event.type === "armed") {
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
    const price = this.#adapter.price(event.price);
    const maker = this.#record(event.maker);
    const taker = this.#record(event.taker);
    const quantity = this.#adapter.shares(event.quantity);
    batch.trade({ maker, taker, takerSide: event.takerSide, price, quantity, seq, index });
    this.#mark(batch, maker.direction, price);
    for (const record of [maker, taker]) if (record.openQuantity === 0) this.#remove(record);
  }

  #enter(batch: Batch, event: Exclude<engine.Event, engine.Traded>): void {
    switch (event.type) {
      case "accepted":
        batch.touched.add(this.#record(event.order));
        return;
      case "rested":
        this.#mark(batch, event.side, this.#adapter.price(event.price));
        return;
      case "armed":
        return;
      case "stop_triggered":
        trigger(this.#record(event.order));
        batch.touched.add(this.#record(event.order));
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
      case "replaced":
      case "replace_rejected": // already entered, with the command's reason
        return;
      case "cancel_rejected":
      case "expire_rejected": // the order had already ended; its end has cleared the request
        return;
      case "halted":
      case "resumed":
        batch.halted = event.type === "halted";
        return;
      case "place_rejected":
        throw new BrokenInvariant(`the engine answered ${event.type} to what was never sent`);
      default:
        unreachable(event);
    }
  }

  /**
   * Enters the outcome of a replace. When the order had already ended, the settlement of its end
   * has refused the replace and released its extra hold.
   */
  #amend(batch: Batch, command: ReplaceOrder, outcome: engine.Event | undefined): void {
    const { orderId, amendmentId, quantity, collarPrice, extraHeld } = command;
    const record = this.#records.get(this.#numbers.get(orderId) ?? 0);
    if (record === undefined) return;
    this.#markOrder(batch, record);
    if (outcome?.type === "replaced") {
      const { stopPrice } = isDormant(record) ? { ...record, ...stopPriceOf(command) } : record;
      const openQuantity = this.#adapter.shares(outcome.open);
      const terms = { quantity, collarPrice, stopPrice, openQuantity, extraHeld };
      batch.amend(record, { amendmentId, refusal: undefined }, amend(record, terms));
      this.#markOrder(batch, record);
      return;
    }
    // Without a reason, so much was filled meanwhile that nothing was left to replace, and the
    // engine has cancelled the remainder.
    const refusal = outcome?.type === "replace_rejected" ? outcome.reason : undefined;
    batch.amend(record, { amendmentId, refusal }, amend(record, { ...record, extraHeld }));
  }

  #prevent(batch: Batch, order: number, lots: number): void {
    const record = this.#record(order);
    if (lots === 0) return;
    batch.release(record, "preventedQuantity", this.#adapter.shares(lots));
    this.#markOrder(batch, record);
    if (record.openQuantity > 0) return;
    end(record, "expired", "self_trade_prevention");
    this.#remove(record);
  }

  #end(
    batch: Batch,
    order: number,
    status: "cancelled" | "expired" | "rejected",
    lots: number,
    reason: string,
  ): void {
    const record = this.#record(order);
    batch.release(
      record,
      status === "expired" ? "expiredQuantity" : "cancelledQuantity",
      this.#adapter.shares(lots),
    );
    end(record, status, reason);
    this.#markOrder(batch, record);
    this.#remove(record);
  }

  /** Marks a level whose quantity may have changed; it is read after the batch. */
  #mark(batch: Batch, side: Direction, price: Money): void {
    batch.levels[side].add(price);
  }

  /** An untriggered stop is not in a level. */
  #markOrder(batch: Batch, record: OrderRecord): void {
    if (!isDormant(record)) this.#mark(batch, record.direction, record.collarPrice);
  }

  /** The end of an order that ended, or was cancelled, before it could reach the book. */
  #endBeforeBook(
    command: Command,
    order: number,
    acceptedAt: Date,
  ): readonly [engine.Event] | undefined {
    if (command.type !== "place") return undefined;
    const { withdrawn, endsAt } = command;
    const quantity = this.#adapter.lots(command.quantity);
    if (withdrawn === "cancelled")
      return [{ type: "cancelled", order, quantity, reason: "requested" }];
    if (withdrawn === "expired" || (endsAt !== undefined && endsAt <= acceptedAt))
      return [{ type: "expired", order, quantity, reason: "time" }];
    return undefined;
  }

  #toEngine(command: Command, seq: number): engine.Command {
    if (command.type === "halt" || command.type === "resume") return { type: command.type };
    // No order has the command's own number, so the engine treats an ended order as unknown.
    const order = this.#numbers.get(command.orderId) ?? seq;
    switch (command.type) {
      case "place":
        return this.#adapter.place(command, seq);
      case "replace":
        return this.#adapter.replace(command, order);
      case "cancel":
        return this.#adapter.cancel(command, order);
      case "expire":
        return { type: "expire", order };
      default:
        return unreachable(command);
    }
  }

  #record(order: number): OrderRecord {
    const record = this.#records.get(order);
    assert(record !== undefined, `the engine named order ${order}, which is not open`);
    return record;
  }

  #remember(record: OrderRecord): void {
    this.#records.set(record.engineOrder, record);
    this.#numbers.set(record.orderId, record.engineOrder);
    if (record.endsAt !== undefined)
      this.#endTimes.add(record.engineOrder, record.endsAt.getTime());
  }

  #remove(record: OrderRecord): void {
    this.#records.delete(record.engineOrder);
    this.#numbers.delete(record.orderId);
  }
}

const isDormantStop = (
  order: RestingOrder,
): order is RestingOrder & { readonly stopPrice: Money } => isDormant(order);

const stopPriceOf = ({ stopPrice }: ReplaceOrder) => (stopPrice === undefined ? {} : { stopPrice });
