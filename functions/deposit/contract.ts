import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { cashField } from "../../layers/http/fields.ts";
import { idempotencyHeader } from "../../layers/http/idempotency.ts";
import { depositOut } from "../../layers/representation/deposit.ts";

export const depositContract = contract({
  operationId: "deposit",
  summary: "Deposit cash (UC-03).",
  tag: "cash",
  method: "POST",
  path: "/api/v1/deposits",
  access: "client",
  headers: idempotencyHeader,
  body: z
    .strictObject({
      amount: cashField,
      currency: z.string().regex(/^[A-Z]{3}$/, "must be a currency code such as USD"),
    })
    .meta({ examples: [{ amount: "1000.00", currency: "USD" }] }),
  answers: {
    200: {
      description: "The key was used before with the same body: the first answer again.",
      schema: depositOut,
    },
    201: { description: "The deposit is credited.", schema: depositOut },
  },
  problems: [
    "missing_idempotency_key",
    "invalid_idempotency_key",
    "idempotency_key_reused",
    "idempotency_key_in_flight",
    "currency_mismatch",
    "deposit_limit",
    "client_not_active",
  ],
});
