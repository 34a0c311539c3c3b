import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { moneyField, sharesField, symbolField } from "../../layers/http/fields.ts";
import { orderOut } from "../../layers/http/order-view.ts";
import { waitHeader } from "../../layers/http/prefer.ts";

const orderIn = z.strictObject({
  symbol: symbolField,
  direction: z.enum(["buy", "sell"]),
  order_type: z.enum(["limit", "market"]),
  quantity: sharesField,
  price: moneyField.optional().refine((price) => price !== 0n, {
    error: "must be above zero",
    params: { code: "invalid_money" },
  }),
  time_in_force: z.enum(["DAY", "GTC", "IOC", "FOK"]).default("DAY"),
  post_only: z.boolean().default(false),
  self_trade_prevention: z
    .enum(["expire_taker", "expire_maker", "expire_both", "decrement"])
    .default("expire_taker"),
  client_order_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,48}$/, "must be 1 to 48 printable characters")
    .optional(),
});

/** An order as the contract has read it. */
export type OrderIn = z.output<typeof orderIn>;

export const placedOut = orderOut
  .extend({ correlation_id: z.string() })
  .meta({ id: "PlacedOrder" });

export const placeOrderContract = contract({
  operationId: "placeOrder",
  summary: "Place an order (UC-05).",
  tag: "orders",
  method: "POST",
  path: "/api/v1/orders",
  access: "client",
  headers: waitHeader,
  body: z.strictObject({ order: orderIn }),
  answers: {
    200: {
      description: "This client_order_id was used before: the order it made.",
      schema: placedOut,
    },
    201: { description: "The order is accepted and will not be lost.", schema: placedOut },
  },
  problems: [
    "client_not_active",
    "unknown_symbol",
    "instrument_not_tradable",
    "price_required",
    "price_not_allowed",
    "post_only_not_allowed",
    "invalid_tick",
    "invalid_lot",
    "quantity_limit",
    "notional_limit",
    "no_reference_price",
    "price_band",
    "duplicate_order",
    "open_order_limit",
    "insufficient_shares",
    "insufficient_funds",
    "client_order_id_conflict",
  ],
});
