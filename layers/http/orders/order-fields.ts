import { z } from "zod";
import type { OrderTerms } from "../../domain/orders/order.ts";
import { priceField, sharesField, symbolField, timeField } from "../fields.ts";

/** The client's own id of an order. */
export const clientOrderIdField = z
  .string()
  .regex(/^[\x21-\x7e]{1,48}$/, "must be 1 to 48 printable characters without a space")
  .meta({ examples: ["my-order-1"] });

/** Null means the same as an absent field, so that an order can be sent as it was read. */
const absentWhenNull = <Value>(value: Value | null | undefined): Value | undefined =>
  value ?? undefined;

/**
 * The terms of an order to place or to preview. The pre-trade checks say which fields go together.
 */
const orderIn = z
  .strictObject({
    symbol: symbolField,
    direction: z.enum(["buy", "sell"]),
    order_type: z.enum(["limit", "market", "stop", "stop_limit"]),
    quantity: sharesField,
    price: priceField
      .nullish()
      .transform(absentWhenNull)
      .meta({ description: "The limit price of a limit or stop_limit order." }),
    stop_price: priceField
      .nullish()
      .transform(absentWhenNull)
      .meta({ description: "The price of a trade that triggers a stop or stop_limit order." }),
    time_in_force: z.enum(["DAY", "GTC", "GTD", "IOC", "FOK"]).default("DAY"),
    expires_at: timeField
      .nullish()
      .transform(absentWhenNull)
      .meta({ description: "When a GTD order ends." }),
    post_only: z
      .boolean()
      .default(false)
      .meta({ description: "Reject the order rather than let it trade at once." }),
    self_trade_prevention: z
      .enum(["expire_taker", "expire_maker", "expire_both", "decrement"])
      .default("expire_taker")
      .meta({ description: "What happens when it would trade with an order of the same client." }),
    client_order_id: clientOrderIdField.nullish().transform(absentWhenNull).meta({
      description:
        "Makes the request repeatable: the same id with the same terms returns the first order.",
    }),
  })
  .meta({ id: "OrderRequest" });

/** The body of placing and previewing an order, with an example that works. */
export const orderBody = z.strictObject({ order: orderIn }).meta({
  examples: [
    {
      order: {
        ...{ symbol: "AAPL", direction: "buy", order_type: "limit", quantity: 5 },
        ...{ price: "101.00", time_in_force: "DAY" },
      },
    },
  ],
});

/** The terms as the domain has them. */
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
