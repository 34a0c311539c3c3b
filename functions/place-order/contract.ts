import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderBody } from "../../layers/http/orders/order-fields.ts";
import { waitHeader } from "../../layers/http/orders/prefer.ts";
import { orderOut } from "../../layers/representation/order.ts";

/** The JSON of an order, with the correlation id of the request that placed it. */
const placedOut = orderOut.extend({ correlation_id: z.string() }).meta({ id: "PlacedOrder" });

export const placeOrderContract = contract({
  operationId: "placeOrder",
  summary: "Place an order (UC-05).",
  tag: "orders",
  method: "POST",
  path: "/api/v1/orders",
  access: "client",
  headers: waitHeader,
  body: orderBody,
  answers: {
    200: {
      description:
        "This client_order_id was used before with the same terms: the order of that request.",
      schema: placedOut,
    },
    201: {
      description: "The order is accepted: it is stored and will be matched.",
      schema: placedOut,
    },
  },
  problems: [
    "idempotency_key_not_supported",
    "client_not_active",
    "kill_switch",
    "unknown_symbol",
    "instrument_not_tradable",
    "price_required",
    "price_not_allowed",
    "stop_price_required",
    "stop_price_not_allowed",
    "expires_at_required",
    "expires_at_not_allowed",
    "expires_at_passed",
    "post_only_not_allowed",
    "calendar_ends",
    "market_closed",
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
    "order_rate_limit",
    "client_order_id_conflict",
  ],
});
