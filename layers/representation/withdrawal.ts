import { z } from "zod";
import type { Withdrawal } from "../domain/ledger/withdrawal.ts";
import { formatMoney } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";

/** The JSON of a withdrawal. */
export const withdrawalOut = z
  .strictObject({
    withdrawal_id: z.uuid(),
    amount: moneyOut,
    currency: z.string(),
    status: z.enum(["pending", "completed", "failed", "cancelled"]),
    reason: z.string().nullable().meta({ description: "Why it failed or was cancelled." }),
    created_at: timeOut,
    updated_at: timeOut,
  })
  .meta({ id: "Withdrawal" });

/** Makes the JSON of a withdrawal. */
export const showWithdrawal = (withdrawal: Withdrawal): z.input<typeof withdrawalOut> => ({
  withdrawal_id: withdrawal.withdrawalId,
  amount: formatMoney(withdrawal.amount),
  currency: withdrawal.currency,
  status: withdrawal.status,
  reason: withdrawal.reason ?? null,
  created_at: withdrawal.createdAt.toISOString(),
  updated_at: withdrawal.updatedAt.toISOString(),
});
