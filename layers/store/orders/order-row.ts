import type { ClientId, OrderId, Ticker } from "../../domain/identifiers.ts";
import type { Order } from "../../domain/orders/order.ts";
import { money, shares } from "../../domain/units.ts";
import { fragment } from "../pg/database.ts";

/** The columns of an order, from its row or from a recorded activity. */
export type OrderRow = {
  readonly order_id: string;
  readonly client_id: string;
  readonly client_order_id: string | null;
  readonly symbol: string;
  readonly direction: Order["direction"];
  readonly order_type: Order["orderType"];
  readonly quantity: bigint;
  readonly price: bigint | null;
  readonly stop_price: bigint | null;
  readonly collar_price: bigint | null;
  readonly time_in_force: Order["timeInForce"];
  readonly expires_at: Date | null;
  readonly post_only: boolean;
  readonly self_trade_prevention: Order["selfTradePrevention"];
  readonly status: Order["status"];
  readonly triggered: boolean;
  readonly pending_action: Order["pendingAction"] | null;
  readonly reason: string | null;
  readonly filled_quantity: bigint;
  readonly open_quantity: bigint;
  readonly filled_notional: bigint;
  readonly held: bigint;
  readonly extra_held: bigint;
  readonly lock_version: number;
  readonly correlation_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
};

/** The columns that `toOrder` reads, of an order that is named `placed`. */
export const ORDER_COLUMNS = fragment`placed.order_id, placed.client_id, placed.client_order_id,
  placed.symbol, placed.direction, placed.order_type, placed.quantity, placed.price, placed.stop_price,
  placed.collar_price, placed.time_in_force, placed.expires_at, placed.post_only,
  placed.self_trade_prevention, placed.status, placed.triggered, placed.pending_action, placed.reason,
  placed.filled_quantity, placed.open_quantity, placed.filled_notional, placed.held, placed.extra_held,
  placed.lock_version, placed.correlation_id, placed.created_at, placed.updated_at`;

/** Converts a row to an order. */
export const toOrder = (row: OrderRow): Order => ({
  orderId: row.order_id as OrderId,
  clientId: row.client_id as ClientId,
  clientOrderId: row.client_order_id ?? undefined,
  symbol: row.symbol as Ticker,
  direction: row.direction,
  orderType: row.order_type,
  quantity: shares(Number(row.quantity)),
  price: row.price === null ? undefined : money(row.price),
  stopPrice: row.stop_price === null ? undefined : money(row.stop_price),
  collarPrice: money(row.collar_price ?? row.price ?? 0n),
  timeInForce: row.time_in_force,
  expiresAt: row.expires_at ?? undefined,
  postOnly: row.post_only,
  selfTradePrevention: row.self_trade_prevention,
  status: row.status,
  triggered: row.triggered,
  pendingAction: row.pending_action ?? undefined,
  reason: row.reason ?? undefined,
  filledQuantity: shares(Number(row.filled_quantity)),
  openQuantity: shares(Number(row.open_quantity)),
  filledNotional: money(row.filled_notional),
  held: row.held + row.extra_held,
  lockVersion: row.lock_version,
  correlationId: row.correlation_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
