import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField, priceField, sharesField, versionField } from "../../layers/http/fields.ts";
import { waitHeader } from "../../layers/http/prefer.ts";
import { orderOut } from "../../layers/representation/order.ts";

const changeIn = z
  .strictObject({
    client_version: versionField
      .optional()
      .meta({ description: "The lock_version of the order as it was read." }),
    quantity: sharesField
      .optional()
      .meta({ description: "The new total, what is filled already included." }),
    price: priceField.optional(),
    stop_price: priceField.optional(),
  })
  .refine(
    ({ quantity, price, stop_price }) =>
      quantity !== undefined || price !== undefined || stop_price !== undefined,
    { error: "names nothing to change", params: { code: "required" } },
  )
  .meta({ id: "ReplaceRequest" });

export const replaceOrderContract = contract({
  operationId: "replaceOrder",
  summary: "Give an open order new terms (UC-06).",
  tag: "orders",
  method: "POST",
  path: "/api/v1/orders/{id}/replace",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  headers: waitHeader,
  body: z.strictObject({ order: changeIn }),
  answers: {
    200: { description: "The order with its new terms, and what they led to.", schema: orderOut },
    202: {
      description: "The matcher has not answered yet; the order is pending.",
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
    "replace_refused",
  ],
});
