import { BrokenInvariant } from "./assert.ts";
import { EXPIRE_REASONS } from "./enter.ts";
import { REJECT_REASONS } from "./place.ts";
import type { Command, Event, Place, Replace, Side } from "./protocol.ts";
import { CANCEL_REASONS, REPLACE_REASONS } from "./replace.ts";
import { KIND, STRIDE, type Tape } from "./tape.ts";
import { MODES } from "./terms.ts";

/** Converts the events on the tape to objects. The command has what the tape does not repeat. */
export const readTape = (tape: Tape, command: Command): readonly Event[] => {
  const events: Event[] = [];
  for (let index = 0; index < tape.length; index += 1) {
    events.push(readEvent(tape.cells, index * STRIDE, command));
  }
  return events;
};

type Cells = Float64Array;

const readEvent = (cells: Cells, at: number, command: Command): Event => {
  const kind = cell(cells, at) & 15;
  switch (kind) {
    case KIND.TRADED:
      return traded(cells, at);
    case KIND.PREVENTED:
      return prevented(cells, at);
    case KIND.RESTED:
      return {
        type: "rested",
        order: cell(cells, at + 1),
        side: side(cells, at),
        price: cell(cells, at + 2),
        quantity: cell(cells, at + 3),
      };
    case KIND.ARMED:
      return {
        type: "armed",
        order: cell(cells, at + 1),
        side: side(cells, at),
        stopPrice: cell(cells, at + 2),
        quantity: cell(cells, at + 3),
      };
    case KIND.STOP_TRIGGERED:
      return {
        type: "stop_triggered",
        order: cell(cells, at + 1),
        side: side(cells, at),
        quantity: cell(cells, at + 2),
      };
    default:
      return readOutcome(kind, cells, at, command);
  }
};

/** The events that end an order, and those that answer the command itself. */
const readOutcome = (kind: number, cells: Cells, at: number, command: Command): Event => {
  if (kind === KIND.CANCELLED || kind === KIND.EXPIRED) {
    const order = cell(cells, at + 1);
    const quantity = cell(cells, at + 2);
    const reason = cell(cells, at + 3);
    return kind === KIND.CANCELLED
      ? { type: "cancelled", order, quantity, reason: CANCEL_REASONS[reason] ?? "requested" }
      : { type: "expired", order, quantity, reason: EXPIRE_REASONS[reason] ?? "time" };
  }
  switch (command.type) {
    case "place":
      return readPlace(kind, cells, at, command);
    case "replace":
      return readReplace(kind, cells, at, command);
    case "cancel":
      return {
        type: "cancel_rejected",
        order: command.order,
        owner: command.owner,
        reason: "unknown_order",
      };
    case "expire":
      return { type: "expire_rejected", order: command.order, reason: "unknown_order" };
    case "halt":
      return { type: "halted" };
    case "resume":
      return { type: "resumed" };
  }
};

const readPlace = (kind: number, cells: Cells, at: number, command: Place): Event => {
  const { order, owner, side: orderSide, orderType, quantity, price, stopPrice } = command;
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

const readReplace = (kind: number, cells: Cells, at: number, command: Replace): Event => {
  const { order, owner } = command;
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

const traded = (cells: Cells, at: number): Event => ({
  type: "traded",
  maker: cell(cells, at + 1),
  taker: cell(cells, at + 2),
  takerSide: side(cells, at),
  price: cell(cells, at + 3),
  quantity: cell(cells, at + 4),
  makerOpen: cell(cells, at + 6),
  takerOpen: cell(cells, at + 7),
});

const prevented = (cells: Cells, at: number): Event => ({
  type: "prevented",
  maker: cell(cells, at + 1),
  taker: cell(cells, at + 2),
  mode: MODES[cell(cells, at) >> 4] ?? "expire_taker",
  price: cell(cells, at + 3),
  makerPrevented: cell(cells, at + 4),
  takerPrevented: cell(cells, at + 5),
  makerOpen: cell(cells, at + 6),
  takerOpen: cell(cells, at + 7),
});

const cell = (cells: Cells, at: number): number => cells[at] ?? 0;

const side = (cells: Cells, at: number): Side => (cell(cells, at) >> 4 === 0 ? "buy" : "sell");
