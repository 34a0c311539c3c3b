import { runtime } from "../../layers/runtime.ts";
import { settleWithdrawals } from "./settle-withdrawals.ts";

/** Runs on a schedule: asks the payment provider about pending withdrawals. */
export const handler = (): Promise<number> => settleWithdrawals(runtime);
