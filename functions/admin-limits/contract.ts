import { z } from "zod";
import { clientIdField, reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { moneyField, priceField, sharesField, wholeField } from "../../layers/http/fields.ts";
import { moneyOut } from "../../layers/representation/fields.ts";

const limitsOut = z
  .strictObject({
    client_id: z.uuid(),
    max_open_orders: z.int(),
    max_orders_per_second: z.int(),
    max_order_burst: z.int(),
    max_quantity: z.int().nullable(),
    max_notional: moneyOut.nullable(),
    max_daily_deposits: moneyOut,
    price_band_bps: z.int().nullable(),
    duplicate_window_ms: z.int().nullable(),
  })
  .meta({ id: "ClientLimits" });

const promise = {
  tag: "admin",
  access: "admin",
  path: "/api/v1/admin/clients/{client_id}/limits",
  params: z.strictObject({ client_id: clientIdField }),
  answers: {
    200: {
      description: "The client's own limits. With null the limit of the instrument applies.",
      schema: limitsOut,
    },
  },
  problems: ["not_found"],
} as const;

export const getLimitsContract = contract({
  ...promise,
  operationId: "getLimits",
  summary: "Read a client's own limits.",
  method: "GET",
});

export const setLimitsContract = contract({
  ...promise,
  operationId: "setLimits",
  summary:
    "Change a client's own limits. Absent fields stay unchanged. Null removes a limit where the schema allows it.",
  method: "PATCH",
  body: z.strictObject({
    max_open_orders: wholeField(0, 1_000_000).optional(),
    max_orders_per_second: wholeField(1, 100_000).optional(),
    max_order_burst: wholeField(1, 1_000_000).optional(),
    max_quantity: sharesField.nullable().optional(),
    max_notional: priceField.nullable().optional(),
    max_daily_deposits: moneyField.optional(),
    price_band_bps: wholeField(1, 10_000).nullable().optional(),
    duplicate_window_ms: wholeField(0, 10_000).nullable().optional(),
    reason: reasonField,
  }),
});
