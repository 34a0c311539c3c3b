import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { cashField } from "../../layers/http/fields.ts";
import { idempotencyHeader } from "../../layers/http/idempotency.ts";
import { withdrawalOut } from "../../layers/representation/withdrawal.ts";

export const withdrawContract = contract({
  operationId: "withdraw",
  summary: "Withdraw cash. It leaves the available balance at once and is paid out afterwards.",
  tag: "cash",
  method: "POST",
  path: "/api/v1/withdrawals",
  access: "client",
  stepUp: true,
  headers: idempotencyHeader,
  body: z
    .strictObject({
      amount: cashField,
      currency: z.string().regex(/^[A-Z]{3}$/, "must be a currency code such as USD"),
    })
    .meta({ examples: [{ amount: "12.50", currency: "USD" }] }),
  answers: {
    200: { description: "The key was used before: the first answer again.", schema: withdrawalOut },
    201: { description: "The withdrawal is pending.", schema: withdrawalOut },
  },
  problems: [
    "step_up_required",
    "scope_required",
    "missing_idempotency_key",
    "invalid_idempotency_key",
    "idempotency_key_reused",
    "idempotency_key_in_flight",
    "currency_mismatch",
    "client_not_active",
    "insufficient_funds",
    "too_many_withdrawals",
  ],
});
