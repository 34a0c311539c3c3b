import { type LimitOrderOptions, OrderBook, Side } from "nodejs-order-book";
import { createBook, execute } from "../../matcher/engine/book.ts";
import type { Cancel, Place, Replace } from "../../matcher/engine/protocol.ts";
import { Session, type SessionEvent } from "../../matcher/engine/session.ts";
import { KIND, STRIDE } from "../../matcher/engine/tape.ts";
import { MESSAGE, type Messages } from "./messages.ts";
import { REPORT, type ReportWriter } from "./reports.ts";

/** Takes one message and writes its reports. */
export type Step = (messages: Messages, at: number) => void;

/** What an engine may know before the run: how large the tables of its driver must be. */
export type Size = { readonly messages: number; readonly mostId: number };

/** An engine, and how it is driven. Every run begins with an empty book. */
export type Contestant = {
  readonly name: string;
  readonly create: (writer: ReportWriter, size: Size) => Step;
};

export const sizeOf = (messages: Messages): Size => ({
  messages: messages.length,
  mostId: messages.id.reduce((most, id) => Math.max(most, id), 0),
});

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const { ACCEPTED, CANCEL_REJECTED, CANCELLED, EXPIRED, REPLACE_REJECTED, REPLACED, TRADED } = KIND;
const { NEW, CANCEL } = MESSAGE;
const { ORDER_ACK, CANCEL_ACK, MODIFY_ACK, CANCEL_REJECT, MODIFY_REJECT } = REPORT;

/**
 * The engine through `execute`. The benchmark's ids come shuffled, so the number of an order is that of
 * its message, and two tables translate: the benchmark's own adapters use tables indexed by id, too.
 */
class EngineDriver {
  readonly #writer: ReportWriter;
  readonly #book = createBook();
  readonly #orders: Int32Array;
  readonly #ids: Int32Array;
  readonly #place: Writable<Place> = {
    type: "place",
    order: 1,
    owner: 1,
    side: "buy",
    orderType: "limit",
    quantity: 1,
    price: 1,
    timeInForce: "GTC",
    postOnly: false,
    selfTradePrevention: "expire_taker",
  };
  readonly #cancel: Writable<Cancel> = { type: "cancel", order: 1, owner: 1 };
  readonly #replace: Writable<Replace> = {
    type: "replace",
    order: 1,
    owner: 1,
    quantity: 1,
    price: 1,
  };

  constructor(writer: ReportWriter, { messages, mostId }: Size) {
    this.#writer = writer;
    this.#orders = new Int32Array(mostId + 1);
    this.#ids = new Int32Array(messages + 1);
  }

  step(messages: Messages, at: number): void {
    const kind = messages.kind[at];
    const id = messages.id[at] ?? 0;
    if (kind === NEW) this.#onNew(messages, at, id);
    else if (kind === CANCEL) this.#onCancel(at, id);
    else this.#onModify(messages, at, id);
  }

  #onNew(messages: Messages, at: number, id: number): void {
    const command = this.#place;
    const side = messages.side[at] ?? 0;
    const price = messages.price[at] ?? 0;
    const order = at + 1;
    this.#ids[order] = id;
    this.#orders[id] = order;
    command.order = order;
    command.owner = id;
    command.side = side === 0 ? "buy" : "sell";
    command.quantity = messages.quantity[at] ?? 0;
    command.price = price;
    command.timeInForce = messages.isImmediate[at] === 1 ? "IOC" : "GTC";
    this.#report(execute(this.#book, command), at, id, side, price, command.quantity);
  }

  #onCancel(at: number, id: number): void {
    const command = this.#cancel;
    command.order = this.#numberOf(id);
    command.owner = id;
    this.#report(execute(this.#book, command), at, id, 0, 0, 0);
  }

  #onModify(messages: Messages, at: number, id: number): void {
    const command = this.#replace;
    const quantity = messages.quantity[at] ?? 0;
    command.order = this.#numberOf(id);
    command.owner = id;
    command.quantity = quantity + (this.#book.filled(command.order) ?? 0);
    command.price = messages.price[at] ?? 0;
    const side = messages.side[at] ?? 0;
    this.#report(execute(this.#book, command), at, id, side, command.price, quantity);
  }

  /** An id that was never used is translated to a number that was never used. */
  #numberOf(id: number): number {
    return this.#orders[id] || this.#book.lastOrder + 1;
  }

  #report(
    count: number,
    sequence: number,
    id: number,
    side: number,
    price: number,
    quantity: number,
  ): void {
    const { cells } = this.#book.state.tape;
    const writer = this.#writer;
    for (let event = 0; event < count; event += 1) {
      const cell = event * STRIDE;
      const kind = (cells[cell] ?? 0) & 15;
      if (kind === TRADED) {
        const maker = this.#ids[cells[cell + 1] ?? 0] ?? 0;
        writer.trade(sequence, cells[cell + 3] ?? 0, cells[cell + 4] ?? 0, maker, id);
        continue;
      }
      if (kind === CANCELLED) {
        const cancelledSide = (cells[cell] ?? 0) >> 4;
        writer.write(CANCEL_ACK, cancelledSide, sequence, id, cells[cell + 4] ?? 0, 0);
        continue;
      }
      const report = REPORT_OF[kind] ?? NO_REPORT;
      if (report !== NO_REPORT) writer.write(report, side, sequence, id, price, quantity);
    }
  }
}

const NO_REPORT = 255;
const REPORT_OF = new Uint8Array(16).fill(NO_REPORT);
REPORT_OF[ACCEPTED] = ORDER_ACK;
REPORT_OF[EXPIRED] = CANCEL_ACK;
REPORT_OF[REPLACED] = MODIFY_ACK;
REPORT_OF[CANCEL_REJECTED] = CANCEL_REJECT;
REPORT_OF[REPLACE_REJECTED] = MODIFY_REJECT;

const engine: Contestant = {
  name: "engine",
  create: (writer, size) => {
    const driver = new EngineDriver(writer, size);
    return (messages, at) => driver.step(messages, at);
  },
};

/** The engine through `Session`, which keeps the ids itself and builds an object for every event. */
const session: Contestant = {
  name: "session",
  create: (writer, { mostId }) => {
    const market = new Session<number>();
    const prices = new Int32Array(mostId + 1);
    const sides = new Uint8Array(mostId + 1);
    const report = (event: SessionEvent<number>, at: number, quantity: number): void => {
      if (event.type === "traded") {
        writer.trade(at, event.price, event.quantity, event.maker, event.taker);
        return;
      }
      if (event.type === "halted" || event.type === "resumed" || event.type === "prevented") return;
      if (event.type === "replaced") prices[event.order] = event.price;
      const kind = SESSION_REPORTS[event.type];
      if (kind === undefined) return;
      const { order } = event;
      writer.write(kind, sides[order] ?? 0, at, order, prices[order] ?? 0, quantity);
    };
    return (messages, at) => {
      const id = messages.id[at] ?? 0;
      const price = messages.price[at] ?? 0;
      const quantity = messages.quantity[at] ?? 0;
      if (messages.kind[at] === CANCEL) {
        for (const event of market.cancel(id)) report(event, at, 0);
      } else if (messages.kind[at] === NEW) {
        prices[id] = price;
        sides[id] = messages.side[at] ?? 0;
        const side = sides[id] === 0 ? "buy" : "sell";
        const timeInForce = messages.isImmediate[at] === 1 ? "IOC" : "GTC";
        const placed = market.place({ id, side, quantity, price, timeInForce });
        for (const event of placed) report(event, at, quantity);
      } else {
        const modified = market.modify({ id, remaining: quantity, price });
        for (const event of modified) report(event, at, quantity);
      }
    };
  },
};

const SESSION_REPORTS: Partial<Record<SessionEvent<number>["type"], number>> = {
  accepted: ORDER_ACK,
  cancelled: CANCEL_ACK,
  expired: CANCEL_ACK,
  replaced: MODIFY_ACK,
  cancel_rejected: CANCEL_REJECT,
  replace_rejected: MODIFY_REJECT,
};

/** nodejs-order-book. It reports trades as lists of filled orders, in the order of the matches. */
const nodejsOrderBook: Contestant = {
  name: "nodejs-order-book",
  create: (writer, { mostId }) => {
    const book = new OrderBook();
    const names = Array.from({ length: mostId + 1 }, (_, id) => String(id));
    const prices = new Int32Array(mostId + 1);
    const trades = (result: ReturnType<OrderBook["limit"]>, at: number, id: number): void => {
      for (const filled of result.done) {
        const isMaker = "price" in filled && filled.id !== names[id];
        if (isMaker) writer.trade(at, filled.price, filled.size, Number(filled.id), id);
      }
      const { partial, partialQuantityProcessed } = result;
      if (partial === null || partial.id === names[id]) return;
      writer.trade(at, partial.price, partialQuantityProcessed, Number(partial.id), id);
    };
    return (messages, at) => {
      const id = messages.id[at] ?? 0;
      const name = names[id] ?? "";
      const side = messages.side[at] ?? 0;
      const price = messages.price[at] ?? 0;
      const quantity = messages.quantity[at] ?? 0;
      if (messages.kind[at] === CANCEL) {
        const order = book.cancel(name)?.order;
        const kind = order === undefined ? CANCEL_REJECT : CANCEL_ACK;
        writer.write(kind, order?.side === Side.SELL ? 1 : 0, at, id, prices[id] ?? 0, 0);
      } else if (messages.kind[at] === NEW) {
        prices[id] = price;
        writer.write(ORDER_ACK, side, at, id, price, quantity);
        const options: LimitOrderOptions = {
          id: name,
          side: SIDES[side] ?? Side.BUY,
          size: quantity,
          price,
        };
        const isImmediate = messages.isImmediate[at] === 1;
        const result = book.limit(
          isImmediate ? Object.assign(options, { timeInForce: "IOC" }) : options,
        );
        trades(result, at, id);
        if (isImmediate && result.quantityLeft > 0)
          writer.write(CANCEL_ACK, side, at, id, price, 0);
      } else {
        const result = book.modify(name, { price, size: quantity });
        if (result.err === null) {
          prices[id] = price;
          writer.write(MODIFY_ACK, side, at, id, price, quantity);
          trades(result, at, id);
        } else writer.write(MODIFY_REJECT, side, at, id, price, quantity);
      }
    };
  },
};
const SIDES = [Side.BUY, Side.SELL];

export const CONTESTANTS: readonly Contestant[] = [engine, session, nodejsOrderBook];
