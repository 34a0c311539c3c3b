import { z } from "zod";
import { formatMoney, type Money } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";

/** The JSON of a deposit. */
export const depositOut = z
  .strictObject({
    deposit_id: z.uuid(),
    amount: moneyOut,
    currency: z.string(),
    status: z.literal("credited"),
    created_at: timeOut,
  })
  .meta({ id: "Deposit" });

/** Makes the JSON of a deposit. */
export const showDeposit = (deposit: {
  readonly depositId: string;
  readonly amount: Money;
  readonly currency: string;
  readonly createdAt: Date;
}): z.input<typeof depositOut> => ({
  deposit_id: deposit.depositId,
  amount: formatMoney(deposit.amount),
  currency: deposit.currency,
  status: "credited",
  created_at: deposit.createdAt.toISOString(),
});
