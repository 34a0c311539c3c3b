import { formatMoney, type Money, type Shares } from "../units.ts";
import { type KillSwitch, WHOLE_SYSTEM } from "./control.ts";
import type { Direction } from "./order.ts";

/** Every code with which a pre-trade check may refuse, in the order of the checks. */
export type PreTradeCode =
  | "client_not_active"
  | "kill_switch"
  | "unknown_symbol"
  | "instrument_not_tradable"
  | "price_required"
  | "price_not_allowed"
  | "stop_price_required"
  | "stop_price_not_allowed"
  | "expires_at_required"
  | "expires_at_not_allowed"
  | "expires_at_passed"
  | "post_only_not_allowed"
  | "calendar_ends"
  | "market_closed"
  | "invalid_tick"
  | "invalid_lot"
  | "quantity_limit"
  | "notional_limit"
  | "no_reference_price"
  | "price_band"
  | "duplicate_order"
  | "open_order_limit"
  | "insufficient_shares"
  | "insufficient_funds"
  | "order_rate_limit";

/** Why an order may not enter: the check that refused, its limit, and the value of the order. */
export type PreTradeRefusal = {
  readonly code: PreTradeCode;
  readonly check: string;
  readonly limit: string;
  readonly value: string;
};

/**
 * A check of an order and its result. `code` is the refusal when the check is not `ok`. Limit and
 * value may be getters, because nearly every order passes and the texts are then never needed.
 */
export type Check = PreTradeRefusal & { readonly ok: boolean };

/** The refusal of a failed check. */
export const refusalOf = ({ code, check, limit, value }: Check): PreTradeRefusal => ({
  ...{ code, check, limit, value },
});

/** The status of an account: only an active account may trade. */
export type AccountStatus = "active" | "suspended" | "closed";

/** Only an active client may trade. */
export const checkClient = (status: AccountStatus | undefined): Check => ({
  check: "client_active",
  code: "client_not_active",
  limit: "active",
  value: status ?? "not a client",
  ok: status === "active",
});

/** No new order passes a kill switch that is on. The reason is for operators only. */
export const checkKillSwitch = (on: Pick<KillSwitch, "subject"> | undefined): Check => ({
  check: "kill_switch",
  code: "kill_switch",
  limit: "none on",
  value: on === undefined ? "none" : on.subject === WHOLE_SYSTEM ? "system" : on.subject,
  ok: on === undefined,
});

/** The matcher counts prices in whole ticks. */
export const checkTick = (tickSize: Money, prices: readonly Money[]): Check => {
  const wrong = prices.find((price) => price % tickSize !== 0n);
  return {
    check: "tick_size",
    code: "invalid_tick",
    get limit() {
      return formatMoney(tickSize);
    },
    get value() {
      return wrong === undefined ? prices.map(formatMoney).join(", ") : formatMoney(wrong);
    },
    ok: wrong === undefined,
  };
};

/** The matcher counts quantities in whole lots. */
export const checkLot = (lotSize: Shares, quantity: Shares): Check => ({
  check: "lot_size",
  code: "invalid_lot",
  limit: String(lotSize),
  value: String(quantity),
  ok: quantity % lotSize === 0,
});

/**
 * The same terms twice within the window are refused, unless each order has a client_order_id of
 * its own.
 */
export const checkDuplicate = (isDuplicate: boolean, windowMs: number): Check => ({
  check: "duplicate",
  code: "duplicate_order",
  limit: `one in ${windowMs} ms`,
  value: isDuplicate ? "two" : "one",
  ok: !isDuplicate,
});

/** A client may have a limited number of open orders, this order included. */
export const checkOpenOrders = (account: {
  readonly openOrders: number;
  readonly maxOpenOrders: number;
}): Check => ({
  check: "open_orders",
  code: "open_order_limit",
  limit: String(account.maxOpenOrders),
  value: String(account.openOrders + 1),
  ok: account.openOrders < account.maxOpenOrders,
});

/** Cash for a buy, shares for a sell: no order may reserve more than is available. */
export const checkHold = (direction: Direction, needed: bigint, available: bigint): Check => {
  const buying = direction === "buy";
  const show = (amount: bigint) => (buying ? formatMoney(amount) : amount.toString());
  return {
    check: buying ? "buying_power" : "shares_available",
    code: buying ? "insufficient_funds" : "insufficient_shares",
    limit: show(available),
    value: show(needed),
    ok: needed <= available,
  };
};

/**
 * The rate at which a client's orders and replaces are accepted; after a pause a burst is accepted
 * at once. Cancels are not limited.
 */
export const refuseOrderRate = (account: {
  readonly maxOrdersPerSecond: number;
  readonly maxOrderBurst: number;
}): PreTradeRefusal => ({
  check: "order_rate",
  code: "order_rate_limit",
  limit: `${account.maxOrdersPerSecond} a second, ${account.maxOrderBurst} at once`,
  value: "more",
});
