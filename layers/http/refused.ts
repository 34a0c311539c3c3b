import { Problem } from "./problem.ts";

/**
 * Refusals that are answered with 409 instead of 422: they conflict with a request in progress or
 * an earlier one.
 */
const CONFLICTS: ReadonlySet<string> = new Set([
  "version_conflict",
  "change_in_flight",
  "idempotency_key_in_flight",
]);

/** Refusals that pass after a wait, with the seconds after which the request may be repeated. */
const RETRY_AFTER: Readonly<Record<string, string>> = {
  idempotency_key_in_flight: "1",
  // At least one order a second is allowed.
  order_rate_limit: "1",
};

const DETAILS = {
  client_not_active: "The client may not trade.",
  kill_switch: "The operator has stopped new orders.",
  unknown_symbol: "There is no such instrument.",
  instrument_not_tradable: "The instrument is not open for trading.",
  price_required: "A limit or stop_limit order needs a price.",
  price_not_allowed: "A market or stop order has no price.",
  stop_price_required: "A stop or stop_limit order needs a stop_price.",
  stop_price_not_allowed: "Only a stop that waits for its price has a stop_price.",
  expires_at_required: "A GTD order needs an expires_at.",
  expires_at_not_allowed: "Only a GTD order has an expires_at.",
  expires_at_passed: "The order would be over before it began.",
  post_only_not_allowed: "Only an order that may rest can be post-only.",
  calendar_ends: "The calendar of the market does not reach that far.",
  market_closed: "The market is closed, and this request cannot wait for it to open.",
  invalid_tick: "The price is not a multiple of the tick size.",
  invalid_lot: "The quantity is not a multiple of the lot size.",
  quantity_limit: "The quantity is outside the limits of the client or of the instrument.",
  notional_limit: "The order is worth more than the limit of the client or of the instrument.",
  no_reference_price: "The instrument has no reference price yet.",
  price_band: "The price is too far from the reference price, or from the stop price of the order.",
  duplicate_order:
    "An order with the same symbol, direction, quantity and prices was placed a moment ago. Give each order a client_order_id.",
  open_order_limit: "The client has as many open orders as it may have.",
  insufficient_shares: "There are not enough shares available.",
  insufficient_funds: "There is not enough cash available.",
  order_rate_limit: "The client has placed too many orders at once.",
  client_order_id_conflict: "Another order has this client_order_id.",
  symbol_taken: "An instrument or a currency already has this symbol.",
  unknown_calendar: "There is no such market calendar.",
  quantity_range: "The smallest quantity is above the largest.",
  instrument_in_use:
    "Tick and lot size can change only while the instrument is halted or closed and has no open orders.",
  currency_mismatch: "The currency differs from the currency of the account.",
  idempotency_key_reused: "This Idempotency-Key was used with another body.",
  idempotency_key_in_flight: "The first request with this Idempotency-Key is being answered.",
  deposit_limit: "The deposit is above the daily limit of the client.",
  too_many_withdrawals: "Too many withdrawals are pending.",
  withdrawal_not_pending: "The withdrawal has ended, or can no longer be cancelled.",
  version_conflict: "The order has changed. The problem contains its current version.",
  invalid_state: "The order has ended.",
  change_in_flight: "A replace or cancel of the order is still being decided.",
  order_waiting: "The order waits for its market to open; cancel it and place another one.",
  quantity_filled: "The quantity is the new total: it must be greater than the filled quantity.",
  replace_refused: "The book refused the new terms; the order did not change.",
} as const;

export type RefusalCode = keyof typeof DETAILS;

/** The problem for a refusal. A code that is missing in the table does not compile. */
export const refused = (failure: {
  readonly code: RefusalCode;
  readonly [fact: string]: unknown;
}): Problem => {
  const { code, ...facts } = failure;
  const retryAfter = RETRY_AFTER[code];
  return new Problem({
    status: statusOf(code),
    code,
    detail: DETAILS[code],
    facts,
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  });
};

const statusOf = (code: RefusalCode): number => {
  if (code === "order_rate_limit") return 429;
  return CONFLICTS.has(code) ? 409 : 422;
};
