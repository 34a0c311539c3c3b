import { assert } from "../layers/domain/assert.ts";
import type { PlaceOrder } from "../layers/domain/orders/command.ts";
import type { OrderStatus } from "../layers/domain/orders/order.ts";
import type {
  AmendmentDecision,
  BookOrder,
  OrderChange,
} from "../layers/domain/orders/settlement.ts";
import {
  type Money,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  type Shares,
  shares,
} from "../layers/domain/units.ts";
import type { RestingOrder } from "../layers/store/matching/resting-orders.ts";

/** The counters to which the open quantity of an order can move. */
export type ClosedQuantity =
  | "filledQuantity"
  | "cancelledQuantity"
  | "expiredQuantity"
  | "preventedQuantity";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** An order as the matcher keeps it between its acceptance and its end. */
export type OrderRecord = Mutable<BookOrder> & {
  readonly acceptedAt: Date;
  /** When the order must leave the book; undefined when it has no end time. */
  readonly endsAt: Date | undefined;
  /** Whether a settled batch has left the order in the book. */
  rested: boolean;
  /** The replace that the current batch has decided. */
  decision: AmendmentDecision | undefined;
};

/** The hold for a quantity of the order: cash at the collar price for a buy, shares for a sell. */
const heldFor = (record: OrderRecord, quantity: Shares): bigint =>
  record.direction === "buy" ? notional(record.collarPrice, quantity) : BigInt(quantity);

export const newRecord = (
  command: PlaceOrder,
  engineOrder: number,
  acceptedAt: Date,
): OrderRecord => {
  const { orderId, clientId, direction, collarPrice, stopPrice, quantity } = command;
  const record: OrderRecord = {
    ...{ orderId, clientId, direction, quantity, collarPrice, stopPrice, engineOrder, acceptedAt },
    ...{ status: "working", triggered: false, reason: undefined, queuePosition: 0 },
    ...{ rested: false, decision: undefined, endsAt: command.endsAt },
    openQuantity: quantity,
    filledQuantity: NO_SHARES,
    cancelledQuantity: NO_SHARES,
    expiredQuantity: NO_SHARES,
    preventedQuantity: NO_SHARES,
    filledNotional: NO_MONEY,
    held: 0n,
  };
  record.held = heldFor(record, quantity);
  return record;
};

/** The record of an order that is in the book. */
export const recordOf = ({ triggered, ...order }: RestingOrder): OrderRecord => {
  const { orderId, clientId, direction, quantity, collarPrice, stopPrice, engineOrder } = order;
  const { openQuantity, filledQuantity, cancelledQuantity, expiredQuantity } = order;
  const { preventedQuantity, filledNotional, held, queuePosition, createdAt } = order;
  return {
    ...{ orderId, clientId, direction, quantity, collarPrice, stopPrice, engineOrder, triggered },
    ...{ openQuantity, filledQuantity, cancelledQuantity, expiredQuantity, preventedQuantity },
    ...{ filledNotional, held, queuePosition, acceptedAt: createdAt },
    ...{ rested: true, decision: undefined, endsAt: order.endsAt },
    status: filledQuantity > 0 ? "partially_filled" : "working",
    reason: triggered ? TRIGGERED : undefined,
  };
};

/** Whether a stop waits for its price: it is not in the visible book. */
export const isDormant = (order: Pick<BookOrder, "stopPrice" | "triggered">): boolean =>
  order.stopPrice !== undefined && !order.triggered;

/**
 * Moves quantity out of the open quantity and returns its hold, which the caller must pay out or
 * release. Nothing may stay held once nothing is open.
 */
export const close = (record: OrderRecord, into: ClosedQuantity, quantity: Shares): bigint => {
  assert(quantity <= record.openQuantity, `order ${record.orderId} has less open than was taken`);
  record.openQuantity = shares(record.openQuantity - quantity);
  record[into] = shares(record[into] + quantity);
  const freed = heldFor(record, quantity);
  record.held -= freed;
  assert(record.held >= 0n, `order ${record.orderId} holds less than it needs`);
  assert(
    record.openQuantity > 0 || record.held === 0n,
    `order ${record.orderId} ends holding something`,
  );
  return freed;
};

/** Enters a fill: its quantity, its value, and the new status. Returns the hold of the quantity. */
export const fill = (record: OrderRecord, price: Money, quantity: Shares): bigint => {
  const freed = close(record, "filledQuantity", quantity);
  record.filledNotional = money(record.filledNotional + notional(price, quantity));
  record.status = record.openQuantity === 0 ? "filled" : "partially_filled";
  return freed;
};

/** Ends an order for a reason. */
export const end = (record: OrderRecord, status: OrderStatus, reason: string): void => {
  record.status = status;
  record.reason = reason;
};

const TRIGGERED = "stop_triggered";

/** Triggers a stop; the order's reason says so until its end has a reason of its own. */
export const trigger = (record: OrderRecord): void => {
  record.triggered = true;
  record.reason = TRIGGERED;
};

/**
 * Gives an order the terms of a decided replace and returns the hold that is no longer needed. A
 * refused replace gives an order its own terms again.
 */
export const amend = (
  record: OrderRecord,
  next: Pick<BookOrder, "quantity" | "collarPrice" | "stopPrice" | "openQuantity"> & {
    readonly extraHeld: bigint;
  },
): bigint => {
  const held = record.held + next.extraHeld;
  record.quantity = next.quantity;
  record.collarPrice = next.collarPrice;
  record.stopPrice = next.stopPrice;
  record.openQuantity = next.openQuantity;
  record.held = heldFor(record, next.openQuantity);
  assert(record.held <= held, `order ${record.orderId} holds less than its new terms need`);
  return held - record.held;
};

/**
 * The order as it is now, for settlement; afterwards it counts as resting, with no decided replace.
 */
export const changeOf = (record: OrderRecord): OrderChange => {
  const { acceptedAt: _, endsAt: __, ...change } = record;
  record.rested = true;
  record.decision = undefined;
  return change;
};
