import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { administer } from "../../layers/store/identity/admins.ts";
import { readTrialBalance, type TrialBalanceLine } from "../../layers/store/ledger/adjustments.ts";
import { getTrialBalanceContract } from "./contract.ts";

const UNIT = 10_000n;
const CENT = 100n;

export const handler = endpoint(runtime, getTrialBalanceContract, async (call) => {
  const lines = await administer(runtime.database, adminOf(call), async (tx) => ({
    result: await readTrialBalance(tx),
  }));
  const assets = [...Map.groupBy(lines, ({ asset }) => asset)].map(([asset, accounts]) => {
    const total = accounts.reduce((sum, { amount }) => sum + amount, 0n);
    const isShares = accounts.some((line) => line.isShares);
    return {
      asset,
      accounts: accounts.map((line) => ({ account: line.account, amount: show(line) })),
      total: show({ amount: total, isShares }),
      balanced: total === 0n,
    };
  });
  return { status: 200, body: { at: runtime.clock().toISOString(), assets } };
});

/** The sum of many amounts, which may be negative. */
const show = ({ amount, isShares }: Pick<TrialBalanceLine, "amount" | "isShares">): string => {
  if (isShares) return String(amount);
  const size = amount < 0n ? -amount : amount;
  const fraction = (size % UNIT).toString().padStart(4, "0");
  const shown = size % CENT === 0n ? fraction.slice(0, 2) : fraction;
  return `${amount < 0n ? "-" : ""}${size / UNIT}.${shown}`;
};
