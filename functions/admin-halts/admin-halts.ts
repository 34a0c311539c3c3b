import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { Instrument } from "../../layers/domain/market/instrument.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import { lockListed, setStatus } from "../../layers/store/market/listings.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Status = Instrument["status"];

const ACTIONS: Readonly<Record<Status, string>> = {
  trading: "instrument_resumed",
  halted: "instrument_halted",
  closed: "instrument_closed",
};

/**
 * Changes whether an instrument trades: new orders are refused within a second, and the matcher
 * stops at the halt's number in the symbol's sequence. Requesting the present state changes
 * nothing. Undefined when there is no such instrument.
 */
export const switchTrading = (
  deps: { readonly database: Database; readonly outboxNotifier: { readonly notify: () => void } },
  admin: Admin,
  request: { readonly symbol: Ticker; readonly status: Status; readonly reason: string },
): Promise<Status | undefined> => {
  const { symbol, status, reason } = request;
  return administer<Status | undefined>(deps.database, admin, async (tx) => {
    const listed = await lockListed(tx, symbol);
    if (listed === undefined) return { result: undefined };
    if (listed.status === status) return { result: status };
    await setStatus(tx, symbol, status, admin.correlationId);
    const act = { action: ACTIONS[status], subject: symbol, facts: { was: listed.status, reason } };
    return { result: status, act };
  }).finally(() => deps.outboxNotifier.notify());
};
