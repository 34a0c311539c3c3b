import { z } from "zod";
import { parseMoney } from "../../layers/domain/units.ts";
import { clientIdField, reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { moneyField, priceField } from "../../layers/http/fields.ts";
import { idempotencyHeader } from "../../layers/http/idempotency.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { timeOut } from "../../layers/representation/fields.ts";

/**
 * The most cash or shares in one adjustment, so that mistyped amounts do not overflow a balance.
 */
const ADJUSTMENT_MAX = parseMoney("1000000000") ?? 0n;

const entry = {
  adjustment_id: z.uuid(),
  client_id: z.uuid(),
  asset: z.string(),
  amount: z.string(),
  direction: z.enum(["grant", "take"]),
  reason: z.string(),
};

export const adjustBalanceContract = contract({
  operationId: "adjustBalance",
  summary:
    "Grant cash or shares to a client, or take them. If asset is the currency, amount is money with at most two decimals. If asset is a symbol, amount is a whole number.",
  tag: "admin",
  method: "POST",
  path: "/api/v1/admin/clients/{client_id}/adjustments",
  access: "admin",
  headers: idempotencyHeader,
  params: z.strictObject({ client_id: clientIdField }),
  body: z
    .strictObject({
      asset: z.string().regex(/^[A-Z]{1,6}$/, "must be a currency or a symbol"),
      amount: moneyField
        .refine((amount) => amount > 0n, {
          error: "must be above zero",
          params: { code: "invalid_money" },
        })
        .refine((amount) => amount <= ADJUSTMENT_MAX, {
          error: "must be at most 1000000000",
          params: { code: "amount_out_of_range" },
        }),
      direction: z.enum(["grant", "take"]),
      price: priceField
        .optional()
        .meta({ description: "The assumed cost of each granted share; zero when absent." }),
      reason: reasonField,
    })
    .meta({
      examples: [
        {
          asset: "AAPL",
          amount: "100",
          direction: "grant",
          price: "101.00",
          reason: "first shares",
        },
      ],
    }),
  answers: {
    200: { description: "The key was used before: the first answer again." },
    201: {
      description: "The journal entry.",
      schema: z.strictObject(entry),
    },
  },
  problems: [
    "not_found",
    "missing_idempotency_key",
    "invalid_idempotency_key",
    "idempotency_key_reused",
    "idempotency_key_in_flight",
    "client_status",
    "unknown_symbol",
    "insufficient_funds",
    "insufficient_shares",
  ],
});

const adjustmentOut = z
  .strictObject({
    ...entry,
    operator_id: z.uuid(),
    address: z.string().meta({ description: "The network address of the operator." }),
    created_at: timeOut,
  })
  .meta({ id: "Adjustment" });

export const listAdjustmentsContract = contract({
  operationId: "listAdjustments",
  summary: "List the adjustments of all clients or of one client, newest first.",
  tag: "admin",
  method: "GET",
  path: "/api/v1/admin/adjustments",
  access: "admin",
  query: z.strictObject({ ...pageQuery, client_id: clientIdField.optional() }),
  answers: {
    200: {
      description: "A page of adjustments.",
      schema: z.strictObject({
        adjustments: z.array(adjustmentOut),
        next_page_token: nextPageToken,
      }),
    },
  },
  problems: [],
});
