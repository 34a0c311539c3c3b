import { assert } from "../layers/domain/assert.ts";
import type { ClientId, OrderId } from "../layers/domain/identifiers.ts";
import type { PlaceOrder } from "../layers/domain/orders/command.ts";
import type { Direction, OrderStatus } from "../layers/domain/orders/order.ts";
import type { OrderChange } from "../layers/domain/orders/settlement.ts";
import {
  type Money,
  money,
  NO_MONEY,
  notional,
  type Shares,
  shares,
} from "../layers/domain/units.ts";
import type { StandingOrder } from "../layers/store/matching/books.ts";

/** Where the quantity of an order can go. */
type Part = "filled" | "cancelled" | "expired" | "prevented";

/** An order as the matcher keeps it between its place and its end. */
export type OrderRecord = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly direction: Direction;
  readonly acceptedAt: Date;
  readonly engineOrder: number;
  readonly parts: Record<Part, number>;
  /** True once a settled batch has left it in the book. */
  stands: boolean;
  /** The worst price it may trade at, which is what a buy holds for each share. */
  price: Money;
  stopPrice: Money | undefined;
  /** True while a stop waits for its price: it stands in no level of the visible book. */
  dormant: boolean;
  open: number;
  status: OrderStatus;
  reason: string | undefined;
  filledNotional: Money;
  held: bigint;
  queuePosition: number;
};

/** What one share of the order holds: its price for a buy, itself for a sell. */
const heldFor = (record: OrderRecord, quantity: Shares): bigint =>
  record.direction === "buy" ? notional(record.price, quantity) : BigInt(quantity);

export const newRecord = (
  command: PlaceOrder,
  engineOrder: number,
  acceptedAt: Date,
): OrderRecord => {
  const { orderId, clientId, direction, price, stopPrice, quantity } = command;
  const record: OrderRecord = {
    ...{ orderId, clientId, direction, price, stopPrice, acceptedAt, engineOrder },
    stands: false,
    dormant: stopPrice !== undefined,
    parts: { filled: 0, cancelled: 0, expired: 0, prevented: 0 },
    open: quantity,
    status: "working",
    reason: undefined,
    filledNotional: NO_MONEY,
    held: 0n,
    queuePosition: 0,
  };
  record.held = heldFor(record, quantity);
  return record;
};

export const recordOf = (order: StandingOrder): OrderRecord => {
  const { orderId, clientId, direction, price, stopPrice, engineOrder, queuePosition } = order;
  const { filled, cancelled, expired, prevented, triggered } = order;
  return {
    ...{ orderId, clientId, direction, price, stopPrice, engineOrder, queuePosition },
    stands: true,
    dormant: stopPrice !== undefined && !triggered,
    acceptedAt: order.createdAt,
    parts: { filled, cancelled, expired, prevented },
    open: order.open,
    status: filled > 0 ? "partially_filled" : "working",
    reason: triggered ? TRIGGERED : undefined,
    filledNotional: order.filledNotional,
    held: order.held,
  };
};

/**
 * Moves quantity out of what is open and answers what it held, which the caller must pay out or
 * release. Nothing may stay held once nothing is open.
 */
export const take = (record: OrderRecord, part: Part, quantity: Shares): bigint => {
  assert(quantity <= record.open, `order ${record.orderId} has less open than was taken`);
  record.open -= quantity;
  record.parts[part] += quantity;
  const freed = heldFor(record, quantity);
  record.held -= freed;
  assert(record.held >= 0n, `order ${record.orderId} holds less than it needs`);
  assert(record.open > 0 || record.held === 0n, `order ${record.orderId} ends holding something`);
  return freed;
};

/** Enters a fill: quantity, what it was worth, and the status it leads to. */
export const fill = (record: OrderRecord, price: Money, quantity: Shares): bigint => {
  const freed = take(record, "filled", quantity);
  record.filledNotional = money(record.filledNotional + notional(price, quantity));
  record.status = record.open === 0 ? "filled" : "partially_filled";
  return freed;
};

/** The stop wakes up; the order says so until its end has a reason of its own. */
export const trigger = (record: OrderRecord): void => {
  record.dormant = false;
  record.reason = TRIGGERED;
};

const TRIGGERED = "stop_triggered";

/**
 * Gives an order new terms and what was set aside for them, and answers what is then held for
 * nothing. An order that is refused its replace is given its own terms again.
 */
export const amend = (
  record: OrderRecord,
  next: {
    readonly price: Money;
    readonly stopPrice: Money | undefined;
    readonly open: Shares;
    readonly extraHeld: bigint;
  },
): bigint => {
  const held = record.held + next.extraHeld;
  record.price = next.price;
  record.stopPrice = next.stopPrice;
  record.open = next.open;
  record.held = heldFor(record, next.open);
  assert(record.held <= held, `order ${record.orderId} holds less than its new terms need`);
  return held - record.held;
};

export const changeOf = (record: OrderRecord): OrderChange => ({
  orderId: record.orderId,
  clientId: record.clientId,
  direction: record.direction,
  stood: record.stands,
  status: record.status,
  reason: record.reason,
  triggered: record.stopPrice !== undefined && !record.dormant,
  filled: shares(record.parts.filled),
  open: shares(record.open),
  cancelled: shares(record.parts.cancelled),
  expired: shares(record.parts.expired),
  prevented: shares(record.parts.prevented),
  filledNotional: record.filledNotional,
  held: record.held,
  engineOrder: record.engineOrder,
  queuePosition: record.queuePosition,
});
