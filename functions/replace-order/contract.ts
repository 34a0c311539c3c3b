import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField, priceField, sharesField } from "../../layers/http/fields.ts";
import { waitHeader } from "../../layers/http/orders/prefer.ts";
import { clientVersionField } from "../../layers/http/version.ts";
import { orderOut } from "../../layers/representation/order.ts";

const UNCHANGED = "Leave it out, or send null, to keep it as it is.";
const newPrice = priceField.nullish().transform((price) => price ?? undefined);

const changeIn = z
  .strictObject({
    client_version: clientVersionField,
    quantity: sharesField.optional().meta({
      description: "The new total, including what is already filled.",
    }),
    price: newPrice.meta({ description: `The new limit price. ${UNCHANGED}` }),
    stop_price: newPrice.meta({ description: `The new stop price. ${UNCHANGED}` }),
  })
  .refine(
    ({ quantity, price, stop_price }) =>
      quantity !== undefined || price !== undefined || stop_price !== undefined,
    { error: "must change quantity, price or stop_price", params: { code: "required" } },
  )
  .meta({ id: "ReplaceRequest", required: ["client_version"] });

export const replaceOrderContract = contract({
  operationId: "replaceOrder",
  summary: "Replace the terms of an open order (UC-06).",
  tag: "orders",
  method: "POST",
  path: "/api/v1/orders/{id}/replace",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  headers: waitHeader,
  body: z
    .strictObject({ order: changeIn })
    .meta({ examples: [{ order: { client_version: 0, quantity: 5, price: "100.50" } }] }),
  answers: {
    200: {
      description:
        "The order with its new terms, after any trades they caused; or `cancelled` when its new total was filled before.",
      schema: orderOut,
    },
    202: {
      description: "The matcher has not decided yet: `pending_action` is `pending_replace`.",
      schema: orderOut,
    },
  },
  problems: [
    "missing_version",
    "not_found",
    "invalid_state",
    "version_conflict",
    "change_in_flight",
    "order_waiting",
    "client_not_active",
    "kill_switch",
    "instrument_not_tradable",
    "price_not_allowed",
    "stop_price_not_allowed",
    "expires_at_passed",
    "calendar_ends",
    "market_closed",
    "invalid_tick",
    "invalid_lot",
    "quantity_limit",
    "notional_limit",
    "no_reference_price",
    "price_band",
    "quantity_filled",
    "insufficient_shares",
    "insufficient_funds",
    "order_rate_limit",
    "replace_refused",
  ],
});
