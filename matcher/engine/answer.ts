import { BrokenInvariant } from "./assert.ts";
import { EXPIRE_REASONS } from "./enter.ts";
import { REJECT_REASONS } from "./place.ts";
import type { Command, Event, Place, Replace, Side } from "./protocol.ts";
import { CANCEL_REASONS, REPLACE_REASONS } from "./replace.ts";
import { KIND, STRIDE, type Tape } from "./tape.ts";
import { MODES } from "./terms.ts";

type Identified<E, Id> = E extends Event
  ? { readonly [Key in keyof E]: Key extends "order" | "maker" | "taker" ? Id : E[Key] }
  : never;

/** An event that has ids of the caller where an event of the engine has order numbers. */
export type IdentifiedEvent<Id> = Identified<Event, Id>;

type IdOf<Id> = (order: number) => Id;

/**
 * Converts the events on the tape to objects. The command has what the tape does not repeat, and
 * `idOf` turns order numbers into the ids that the events are to have.
 */
export const readTape = <Id>(
  tape: Tape,
  command: Command,
  idOf: IdOf<Id>,
): readonly IdentifiedEvent<Id>[] => {
  const events: IdentifiedEvent<Id>[] = [];
  for (let index = 0; index < tape.length; index += 1) {
    events.push(readEvent(tape.cells, index * STRIDE, command, idOf));
  }
  return events;
};

type Cells = Float64Array;

const readEvent = <Id>(
  cells: Cells,
  at: number,
  command: Command,
  idOf: IdOf<Id>,
): IdentifiedEvent<Id> => {
  const kind = cell(cells, at) & 15;
  switch (kind) {
    case KIND.TRADED:
      return traded(cells, at, idOf);
    case KIND.PREVENTED:
      return prevented(cells, at, idOf);
    case KIND.RESTED:
      return {
        type: "rested",
        order: idOf(cell(cells, at + 1)),
        side: side(cells, at),
        price: cell(cells, at + 2),
        quantity: cell(cells, at + 3),
      };
    case KIND.ARMED:
      return {
        type: "armed",
        order: idOf(cell(cells, at + 1)),
        side: side(cells, at),
        stopPrice: cell(cells, at + 2),
        quantity: cell(cells, at + 3),
      };
    case KIND.STOP_TRIGGERED:
      return {
        type: "stop_triggered",
        order: idOf(cell(cells, at + 1)),
        side: side(cells, at),
        quantity: cell(cells, at + 2),
      };
    default:
      return readOutcome(kind, cells, at, command, idOf);
  }
};

/** The events that end an order, and those that answer the command itself. */
const readOutcome = <Id>(
  kind: number,
  cells: Cells,
  at: number,
  command: Command,
  idOf: IdOf<Id>,
): IdentifiedEvent<Id> => {
  if (kind === KIND.CANCELLED || kind === KIND.EXPIRED) {
    const order = idOf(cell(cells, at + 1));
    const quantity = cell(cells, at + 2);
    const reason = cell(cells, at + 3);
    return kind === KIND.CANCELLED
      ? { type: "cancelled", order, quantity, reason: CANCEL_REASONS[reason] ?? "requested" }
      : { type: "expired", order, quantity, reason: EXPIRE_REASONS[reason] ?? "time" };
  }
  switch (command.type) {
    case "place":
      return readPlace(kind, cells, at, command, idOf);
    case "replace":
      return readReplace(kind, cells, at, command, idOf);
    case "cancel":
      return {
        type: "cancel_rejected",
        order: idOf(command.order),
        owner: command.owner,
        reason: "unknown_order",
      };
    case "expire":
      return { type: "expire_rejected", order: idOf(command.order), reason: "unknown_order" };
    case "halt":
      return { type: "halted" };
    case "resume":
      return { type: "resumed" };
  }
};

const readPlace = <Id>(
  kind: number,
  cells: Cells,
  at: number,
  command: Place,
  idOf: IdOf<Id>,
): IdentifiedEvent<Id> => {
  const order = idOf(command.order);
  const { owner, side: orderSide, orderType, quantity, price, stopPrice } = command;
  const { timeInForce, postOnly, selfTradePrevention } = command;
  if (kind === KIND.PLACE_REJECTED) {
    return { type: "place_rejected", order, owner, reason: "duplicate_order" };
  }
  if (kind === KIND.REJECTED) {
    const reason = REJECT_REASONS[cell(cells, at + 1)] ?? "invalid_combination";
    return { type: "rejected", order, owner, quantity, reason };
  }
  if (kind !== KIND.ACCEPTED) throw new BrokenInvariant(`unexpected event ${kind}`);
  return {
    type: "accepted",
    order,
    owner,
    side: orderSide,
    orderType,
    quantity,
    price,
    ...(stopPrice === undefined ? {} : { stopPrice }),
    timeInForce,
    postOnly,
    selfTradePrevention,
  };
};

const readReplace = <Id>(
  kind: number,
  cells: Cells,
  at: number,
  command: Replace,
  idOf: IdOf<Id>,
): IdentifiedEvent<Id> => {
  const { owner } = command;
  const order = idOf(command.order);
  if (kind === KIND.REPLACE_REJECTED) {
    const reason = REPLACE_REASONS[cell(cells, at + 1)] ?? "unknown_order";
    return { type: "replace_rejected", order, owner, reason };
  }
  const stopPrice = cell(cells, at + 3);
  return {
    type: "replaced",
    order,
    quantity: cell(cells, at + 1),
    price: cell(cells, at + 2),
    ...(stopPrice === 0 ? {} : { stopPrice }),
    open: cell(cells, at + 4),
    keepsPlace: cell(cells, at + 5) === 1,
  };
};

const traded = <Id>(cells: Cells, at: number, idOf: IdOf<Id>): IdentifiedEvent<Id> => ({
  type: "traded",
  maker: idOf(cell(cells, at + 1)),
  taker: idOf(cell(cells, at + 2)),
  takerSide: side(cells, at),
  price: cell(cells, at + 3),
  quantity: cell(cells, at + 4),
  makerOpen: cell(cells, at + 6),
  takerOpen: cell(cells, at + 7),
});

const prevented = <Id>(cells: Cells, at: number, idOf: IdOf<Id>): IdentifiedEvent<Id> => ({
  type: "prevented",
  maker: idOf(cell(cells, at + 1)),
  taker: idOf(cell(cells, at + 2)),
  mode: MODES[cell(cells, at) >> 4] ?? "expire_taker",
  price: cell(cells, at + 3),
  makerPrevented: cell(cells, at + 4),
  takerPrevented: cell(cells, at + 5),
  makerOpen: cell(cells, at + 6),
  takerOpen: cell(cells, at + 7),
});

const cell = (cells: Cells, at: number): number => cells[at] ?? 0;

const side = (cells: Cells, at: number): Side => (cell(cells, at) >> 4 === 0 ? "buy" : "sell");
