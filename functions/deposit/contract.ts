import { z } from "zod";
import { parseMoney } from "../../layers/domain/units.ts";
import { contract } from "../../layers/http/contract.ts";
import { moneyField } from "../../layers/http/fields.ts";
import { idempotencyHeader } from "../../layers/http/idempotency.ts";
import { depositOut } from "../../layers/representation/deposit.ts";

const SMALLEST = parseMoney("0.01") ?? 0n;
const LARGEST = parseMoney("1000000") ?? 0n;
const CENT = 100n;

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
      amount: moneyField
        .refine((amount) => amount >= SMALLEST && amount <= LARGEST, {
          error: "must be between 0.01 and 1000000.00",
          params: { code: "amount_out_of_range" },
          abort: true,
        })
        .refine((amount) => amount % CENT === 0n, {
          error: "must have at most two decimals",
          params: { code: "amount_too_fine" },
        }),
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
  ],
});
