import type { ClientId } from "../../layers/domain/identifiers.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import { type Account, findAccount, lockAccount } from "../../layers/store/orders/accounts.ts";
import { type ClientLimits, setLimits } from "../../layers/store/orders/limits.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** The changes: null removes a limit, undefined leaves it unchanged. */
type LimitsChange = {
  readonly [Limit in keyof ClientLimits]: ClientLimits[Limit] | null | undefined;
};

/** A client's own limits; undefined when there is no such client. */
export const readLimits = (
  database: Database,
  admin: Admin,
  clientId: ClientId,
): Promise<Account | undefined> =>
  administer(database, admin, async (tx) => ({ result: await findAccount(tx, clientId) }));

/** Changes a client's own limits. They apply everywhere within a second. */
export const changeLimits = (
  database: Database,
  admin: Admin,
  request: { readonly clientId: ClientId; readonly change: LimitsChange; readonly reason: string },
): Promise<Account | undefined> =>
  administer<Account | undefined>(database, admin, async (tx) => {
    const { clientId, change, reason } = request;
    await lockAccount(tx, clientId);
    const account = await findAccount(tx, clientId);
    if (account === undefined) return { result: undefined };
    const result = await setLimits(tx, clientId, applied(account, change));
    return {
      result,
      act: { action: "limits_changed", subject: clientId, facts: { ...factsOf(change), reason } },
    };
  });

const applied = (now: ClientLimits, change: LimitsChange): ClientLimits => {
  const pick = <Limit>(old: Limit, next: Limit | null | undefined): Limit | undefined =>
    next === undefined ? old : (next ?? undefined);
  return {
    maxOpenOrders: change.maxOpenOrders ?? now.maxOpenOrders,
    maxOrdersPerSecond: change.maxOrdersPerSecond ?? now.maxOrdersPerSecond,
    maxOrderBurst: change.maxOrderBurst ?? now.maxOrderBurst,
    maxDailyDeposits: change.maxDailyDeposits ?? now.maxDailyDeposits,
    maxQuantity: pick(now.maxQuantity, change.maxQuantity),
    maxNotional: pick(now.maxNotional, change.maxNotional),
    priceBandBps: pick(now.priceBandBps, change.priceBandBps),
    duplicateWindowMs: pick(now.duplicateWindowMs, change.duplicateWindowMs),
  };
};

const factsOf = (change: LimitsChange): Readonly<Record<string, string | number | null>> =>
  Object.fromEntries(
    Object.entries(change).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "bigint" ? formatMoney(value) : value]],
    ),
  );
