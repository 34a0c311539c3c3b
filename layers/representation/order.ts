import { z } from "zod";
import { averagePrice, type Order } from "../domain/orders/order.ts";
import { formatMoney } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";

/** The JSON of an order, the same in every answer and in the OrdersChannel. */
export const orderOut = z
  .strictObject({
    order_id: z.uuid(),
    client_order_id: z.string().nullable(),
    symbol: z.string(),
    direction: z.enum(["buy", "sell"]),
    order_type: z.enum(["limit", "market", "stop", "stop_limit"]),
    quantity: z.int(),
    filled_quantity: z.int(),
    open_quantity: z.int(),
    price: moneyOut.nullable(),
    stop_price: moneyOut.nullable(),
    average_price: moneyOut.nullable(),
    time_in_force: z.enum(["DAY", "GTC", "GTD", "IOC", "FOK"]),
    expires_at: timeOut.nullable(),
    post_only: z.boolean(),
    self_trade_prevention: z.enum(["expire_taker", "expire_maker", "expire_both", "decrement"]),
    status: z.enum([
      "new",
      "working",
      "partially_filled",
      "filled",
      "cancelled",
      "expired",
      "rejected",
    ]),
    pending_action: z.enum(["pending_cancel", "pending_replace"]).nullable(),
    reason: z.string().nullable(),
    reserved_amount: moneyOut.meta({
      description: "Cash held for the order now. A sell order holds shares, so this is zero.",
    }),
    lock_version: z.int(),
    created_at: timeOut,
    updated_at: timeOut,
  })
  .meta({ id: "Order" });

/** Makes the JSON of an order. */
export const showOrder = (order: Order): z.input<typeof orderOut> => {
  const average = averagePrice(order.filledNotional, order.filledQuantity);
  return {
    order_id: order.orderId,
    client_order_id: order.clientOrderId ?? null,
    symbol: order.symbol,
    direction: order.direction,
    order_type: order.orderType,
    quantity: order.quantity,
    filled_quantity: order.filledQuantity,
    open_quantity: order.openQuantity,
    price: order.price === undefined ? null : formatMoney(order.price),
    stop_price: order.stopPrice === undefined ? null : formatMoney(order.stopPrice),
    average_price: average === undefined ? null : formatMoney(average),
    time_in_force: order.timeInForce,
    expires_at: order.expiresAt?.toISOString() ?? null,
    post_only: order.postOnly,
    self_trade_prevention: order.selfTradePrevention,
    status: order.status,
    pending_action: order.pendingAction ?? null,
    reason: order.reason ?? null,
    reserved_amount: formatMoney(order.direction === "buy" ? order.held : 0n),
    lock_version: order.lockVersion,
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
  };
};
