import { assert } from "../../domain/assert.ts";
import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { Order, OrderTerms } from "../../domain/orders/order.ts";
import type { Intent } from "../../domain/orders/pre-trade.ts";
import {
  checkClient,
  checkDuplicate,
  checkHold,
  checkKillSwitch,
  checkLot,
  checkOpenOrders,
  checkTick,
  type PreTradeRefusal,
  refusalOf,
  refuseOrderRate,
} from "../../domain/orders/pre-trade-check.ts";
import { type Money, money, NO_MONEY, NO_SHARES, shares } from "../../domain/units.ts";
import {
  bigint,
  boolean,
  bytea,
  compositeType,
  integer,
  text,
  timestamp,
  uuid,
} from "../pg/composites.ts";
import { type Executor, sql } from "../pg/database.ts";

/** What the database must know about an order to accept it. */
export type NewOrder = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly terms: OrderTerms;
  readonly intent: Intent;
  readonly fingerprint: Buffer;
  /** When a DAY or GTD order must leave the book; undefined for any other. */
  readonly endsAt: Date | undefined;
  /** True outside a session: the command waits until the market opens. */
  readonly waits: boolean;
  /**
   * Without a client_order_id: within this time the same terms are a duplicate order. Zero: never.
   */
  readonly duplicateWindowMs: number;
  readonly correlationId: string;
  /** The trace context of the request. */
  readonly traceparent?: string | undefined;
};

/** The result for an order that passed every check that needs no lock. */
export type Verdict =
  | { readonly kind: "accepted"; readonly order: Order }
  /** The client already has an order with this client_order_id. */
  | { readonly kind: "known" }
  | { readonly kind: "refused"; readonly refusal: PreTradeRefusal };

/**
 * Accepts orders in one transaction, each as if it came after the one before. A refused order
 * writes nothing and does not affect the other orders.
 */
export const acceptOrders = async (
  db: Executor,
  orders: readonly NewOrder[],
): Promise<readonly Verdict[]> => {
  const { rows } = await db.query<VerdictRow>(sql`
    select code, allowed, found, now() as accepted_at
    from unnest(trading.accept_orders(${newOrders(orders)}::trading.new_order[]))`);
  assert(rows.length === orders.length, "every order that was sent to the database is judged");
  return orders.flatMap((order, index) => {
    const row = rows[index];
    return row === undefined ? [] : [verdictOf(order, row)];
  });
};

const newOrders = compositeType<NewOrder>("trading.new_order", [
  uuid(({ orderId }) => orderId),
  uuid(({ clientId }) => clientId),
  text(({ terms }) => terms.clientOrderId),
  bytea(({ fingerprint }) => fingerprint),
  text(({ terms }) => terms.symbol),
  text(({ terms }) => terms.direction),
  text(({ terms }) => terms.orderType),
  bigint(({ terms }) => terms.quantity),
  bigint(({ terms }) => terms.price),
  bigint(({ terms }) => terms.stopPrice),
  bigint(({ intent }) => intent.collarPrice),
  text(({ terms }) => terms.timeInForce),
  timestamp(({ terms }) => terms.expiresAt),
  timestamp(({ endsAt }) => endsAt),
  boolean(({ terms }) => terms.postOnly),
  text(({ terms }) => terms.selfTradePrevention),
  text(({ intent }) => intent.holdAsset),
  bigint(({ intent }) => intent.holdAmount),
  boolean(({ waits }) => waits),
  integer(({ duplicateWindowMs }) => duplicateWindowMs),
  text(({ correlationId }) => correlationId),
  text(({ traceparent }) => traceparent),
]);

/**
 * A row of `trading.verdict`: `allowed` and `found` are the limit and the value behind a refusal.
 */
type VerdictRow = {
  readonly code: string | null;
  readonly allowed: bigint | null;
  readonly found: string | null;
  readonly accepted_at: Date;
};

const verdictOf = (order: NewOrder, row: VerdictRow): Verdict => {
  if (row.code === null) return { kind: "accepted", order: acceptedOrder(order, row.accepted_at) };
  if (row.code === "client_order_id_known") return { kind: "known" };
  return { kind: "refused", refusal: refusalFor(order, row) };
};

const refusalFor = (order: NewOrder, { code, allowed, found }: VerdictRow): PreTradeRefusal => {
  const { terms, intent, duplicateWindowMs } = order;
  const limit = allowed ?? 0n;
  switch (code) {
    case "client_not_active":
      return refusalOf(
        checkClient(found === "suspended" || found === "closed" ? found : undefined),
      );
    case "kill_switch":
      return refusalOf(checkKillSwitch({ subject: found ?? "" }));
    case "invalid_tick":
      return refusalOf(checkTick(money(limit), pricesOf(terms, intent)));
    case "invalid_lot":
      return refusalOf(checkLot(shares(Number(limit)), terms.quantity));
    case "duplicate_order":
      return refusalOf(checkDuplicate(true, duplicateWindowMs));
    case "open_order_limit":
      return refusalOf(
        checkOpenOrders({ openOrders: Number(found), maxOpenOrders: Number(limit) }),
      );
    case "not_available":
      return refusalOf(checkHold(terms.direction, intent.holdAmount, limit));
    case "order_rate_limit":
      return refuseOrderRate({ maxOrderBurst: Number(limit), maxOrdersPerSecond: Number(found) });
    default:
      throw new TypeError(`the database refused an order with an unknown code: ${code}`);
  }
};

/** The prices that the matcher counts in ticks. */
const pricesOf = ({ stopPrice }: OrderTerms, { collarPrice }: Intent): readonly Money[] =>
  stopPrice === undefined ? [collarPrice] : [collarPrice, stopPrice];

/** The order as it was written. */
const acceptedOrder = (
  { orderId, clientId, terms, intent, correlationId }: NewOrder,
  acceptedAt: Date,
): Order => ({
  ...terms,
  ...{ orderId, clientId, correlationId },
  collarPrice: intent.collarPrice,
  status: "new",
  triggered: false,
  pendingAction: undefined,
  reason: undefined,
  filledQuantity: NO_SHARES,
  openQuantity: terms.quantity,
  filledNotional: NO_MONEY,
  held: intent.holdAmount,
  lockVersion: 0,
  createdAt: acceptedAt,
  updatedAt: acceptedAt,
});
