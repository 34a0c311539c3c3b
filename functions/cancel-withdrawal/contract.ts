import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { uuidField } from "../../layers/http/identity/identity-fields.ts";
import { withdrawalOut } from "../../layers/representation/withdrawal.ts";

export const cancelWithdrawalContract = contract({
  operationId: "cancelWithdrawal",
  summary:
    "Ask the provider to cancel a pending withdrawal that is not paid yet. The withdrawal stays pending until the provider answers.",
  tag: "cash",
  method: "POST",
  path: "/api/v1/withdrawals/{id}/cancel",
  access: "client",
  params: z.strictObject({ id: uuidField }),
  answers: {
    200: {
      description: "The withdrawal: `cancelled`, or `pending` while the provider does not answer.",
      schema: withdrawalOut,
    },
  },
  problems: ["not_found", "withdrawal_not_pending"],
});
