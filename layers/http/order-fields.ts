import { z } from "zod";
import type { OrderTerms } from "../domain/orders/order.ts";
import { priceField, sharesField, symbolField, timeField } from "./fields.ts";

/** The caller's own name for an order. */
export const clientOrderIdField = z
  .string()
  .regex(/^[\x21-\x7e]{1,48}$/, "must be 1 to 48 printable characters");

/** An order as a caller asks for it, to place or only to preview. Which fields go together is a rule. */
export const orderIn = z
  .strictObject({
    symbol: symbolField,
    direction: z.enum(["buy", "sell"]),
    order_type: z.enum(["limit", "market", "stop", "stop_limit"]),
    quantity: sharesField,
    price: priceField.optional().meta({ description: "The limit of a limit or stop_limit order." }),
    stop_price: priceField
      .optional()
      .meta({ description: "Where a stop or stop_limit order wakes up." }),
    time_in_force: z.enum(["DAY", "GTC", "GTD", "IOC", "FOK"]).default("DAY"),
    expires_at: timeField.optional().meta({ description: "When a GTD order ends." }),
    post_only: z.boolean().default(false),
    self_trade_prevention: z
      .enum(["expire_taker", "expire_maker", "expire_both", "decrement"])
      .default("expire_taker"),
    client_order_id: clientOrderIdField.optional(),
  })
  .meta({ id: "OrderRequest" });

/** The order that was asked for, in the words of the domain. */
export const termsOf = (order: z.output<typeof orderIn>): OrderTerms => ({
  symbol: order.symbol,
  direction: order.direction,
  orderType: order.order_type,
  quantity: order.quantity,
  price: order.price,
  stopPrice: order.stop_price,
  timeInForce: order.time_in_force,
  expiresAt: order.expires_at,
  postOnly: order.post_only,
  selfTradePrevention: order.self_trade_prevention,
  clientOrderId: order.client_order_id,
});
