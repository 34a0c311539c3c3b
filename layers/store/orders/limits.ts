import type { ClientId } from "../../domain/identifiers.ts";
import type { OwnLimits } from "../../domain/orders/limit.ts";
import { sql, type Transaction } from "../pg/database.ts";
import { type Account, findAccount } from "./accounts.ts";

/** All limits that an operator sets for a client. */
export type ClientLimits = OwnLimits &
  Pick<Account, "maxOpenOrders" | "maxDailyDeposits" | "maxOrdersPerSecond" | "maxOrderBurst">;

/**
 * Sets all of a client's limits; undefined removes a limit. Returns the new limits; undefined for
 * an unknown client.
 */
export const setLimits = async (
  tx: Transaction,
  clientId: ClientId,
  limits: ClientLimits,
): Promise<Account | undefined> => {
  await tx.query(sql`
    update trading.account
    set max_open_orders = ${limits.maxOpenOrders},
      max_orders_per_second = ${limits.maxOrdersPerSecond},
      max_order_burst = ${limits.maxOrderBurst},
      max_quantity = ${limits.maxQuantity ?? null},
      max_notional = ${limits.maxNotional ?? null},
      max_daily_deposits = ${limits.maxDailyDeposits},
      price_band_bps = ${limits.priceBandBps ?? null},
      duplicate_window_ms = ${limits.duplicateWindowMs ?? null}
    where client_id = ${clientId}`);
  return findAccount(tx, clientId);
};
