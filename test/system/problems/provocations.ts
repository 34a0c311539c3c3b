import { newUuid } from "../../../layers/platform/ids.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import type { Reply } from "../../../layers/testing/http.ts";
import { PASSWORD } from "../../../layers/testing/identity.ts";
import {
  anHourOfLogins,
  appInUse,
  duringFault,
  duringOutage,
  endedOrder,
  endedWithdrawal,
  guesses,
  halfGone,
  limited,
  longStatement,
  manyBooks,
  manyKeys,
  manyWithdrawals,
  refusedByServer,
  refuseReplace,
  replace,
  replaceWhile,
  stale,
  suspect,
  tooFast,
  waitingOrder,
  withKey,
} from "./cases.ts";
import {
  administer,
  client,
  database,
  deposit,
  list,
  orderId,
  place,
  replacer,
  send,
  stranger,
  TEN,
} from "./requests.ts";

/** A request for each code of docs/problems.md that is answered with it. */
export const PROVOCATIONS: Readonly<Record<string, () => Promise<Reply>>> = {
  malformed_json: () => send("placeOrder", { body: "{" }),
  malformed_request: refusedByServer,
  malformed_query: () => send("listOrders", { query: "limit=1&limit=2" }),
  missing_idempotency_key: () => deposit(undefined, TEN),
  invalid_idempotency_key: () => deposit("", TEN),
  idempotency_key_not_supported: () =>
    send("placeOrder", {
      body: { order: { symbol: "AAPL", order_type: "market", direction: "buy", quantity: 1 } },
      headers: { "idempotency-key": "k" },
    }),
  missing_version: () => send("cancelOrder", { params: { id: newUuid() }, body: {} }),
  unauthorized: () => send("getPortfolio", { headers: { authorization: "Bearer a.b.c" } }),
  invalid_credentials: () =>
    send("login", { body: { email: "nobody@test.example", password: PASSWORD } }),
  invalid_code: () => send("verifyMfa", { body: { challenge_id: newUuid(), code: "000000" } }),
  invalid_refresh_token: () => send("refreshSession", { body: { refresh_token: "unknown" } }),
  deposit_limit: () => deposit("over the limit", { amount: "1000000", currency: "USD" }),
  too_many_withdrawals: manyWithdrawals,
  withdrawal_not_pending: endedWithdrawal,
  client_status: () =>
    administer("reactivateClient", {
      params: { client_id: client },
      body: { reason: "not suspended" },
    }),
  suspension_in_progress: async () => {
    await place({}, suspect);
    const request = { params: { client_id: suspect }, body: { reason: "a test" } };
    await administer("suspendClient", request);
    return administer("reactivateClient", request);
  },
  step_up_required: () => stale("createApiKey", { name: "bot", scopes: ["read"] }),
  invalid_link: () => send("resetPassword", { body: { token: "unknown", password: PASSWORD } }),
  account_not_empty: () => send("closeAccount", { body: {} }),
  totp_in_use: appInUse,
  wrong_code: () => send("removeTotp", { body: { code: "aaaaa-aaaaa" } }),
  too_many_api_keys: manyKeys,
  too_many_attempts: guesses,
  scope_required: () => withKey("getPortfolio", ["trade"]),
  not_found: () => send("getOrder", { params: { id: newUuid() } }),
  idempotency_key_in_flight: () =>
    database.transaction(async (tx) => {
      const held = `deposit ${client} slow`;
      await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${held}, 0))`);
      return deposit("slow", TEN);
    }),
  version_conflict: async () => {
    const id = await orderId(place({}));
    return send("cancelOrder", { params: { id }, body: { client_version: 7 } });
  },
  change_in_flight: async () => {
    const id = await orderId(place({}, replacer));
    await replace(id, { quantity: 2 }, { prefer: "wait=0" });
    return replace(id, { quantity: 2, client_version: 1 });
  },
  body_too_large: () => send("placeOrder", { body: `{"x":"${"x".repeat(70_000)}"}` }),
  unsupported_media_type: () =>
    send("placeOrder", { body: "{}", headers: { "content-type": "text/plain" } }),
  not_acceptable: () =>
    send("reportStatement", {
      query: "from=2026-11-01&to=2026-11-30",
      headers: { accept: "image/png" },
    }),
  report_too_long: longStatement,
  validation_failed: () => place({ quantity: 0 }),
  invalid_verification_token: () => send("verifyEmailPost", { body: { token: "A".repeat(43) } }),
  currency_mismatch: () => deposit("eur", { ...TEN, currency: "EUR" }),
  idempotency_key_reused: async () => {
    await deposit("reused", TEN);
    return deposit("reused", { ...TEN, amount: "11.00" });
  },
  invalid_state: async () => send("deleteOrder", { params: { id: await endedOrder() } }),
  order_waiting: async () => replace(await waitingOrder(), { quantity: 2 }),
  quantity_filled: async () => replace(await halfGone(), { quantity: 1 }),
  replace_refused: () => replaceWhile(refuseReplace),
  client_order_id_conflict: async () => {
    await place({ client_order_id: "twice" });
    return place({ client_order_id: "twice", quantity: 2 });
  },
  client_not_active: () => place({}, stranger),
  unknown_symbol: () => place({ symbol: "NOPE" }),
  instrument_not_tradable: () => place({ symbol: "HALT" }),
  kill_switch: async () => {
    const body = { scope: "symbol", subject: "KILL", reason: "a test" };
    await administer("setKillSwitch", { body });
    return place({ symbol: "KILL" });
  },
  calendar_ends: () =>
    place({ symbol: "NYSE", time_in_force: "GTD", expires_at: "2041-01-02T21:00:00Z" }),
  market_closed: () => place({ symbol: "SHUT", time_in_force: "IOC" }),
  forbidden: () => send("listKillSwitches"),
  symbol_taken: () => list({}),
  unknown_calendar: () => list({ symbol: "MARS", calendar: "MARS" }),
  quantity_range: () => list({ symbol: "RANGE", min_quantity: 11 }),
  instrument_in_use: () => {
    const body = { instrument: { tick_size: "0.05" }, reason: "a test" };
    return administer("changeInstrument", { params: { symbol: "AAPL" }, body });
  },
  price_required: () => place({ price: undefined }),
  price_not_allowed: () => place({ order_type: "market" }),
  stop_price_required: () => place({ order_type: "stop_limit" }),
  stop_price_not_allowed: () => place({ stop_price: "101" }),
  expires_at_required: () => place({ time_in_force: "GTD" }),
  expires_at_not_allowed: () => place({ expires_at: "2099-12-31T21:00:00Z" }),
  expires_at_passed: () => place({ time_in_force: "GTD", expires_at: "2001-01-01T00:00:00Z" }),
  post_only_not_allowed: () => place({ post_only: true, time_in_force: "IOC" }),
  invalid_tick: () => place({ price: "100.001" }),
  invalid_lot: () => place({ symbol: "LOTS", quantity: 15 }),
  quantity_limit: () => place({ quantity: 10_001 }),
  notional_limit: () => place({ quantity: 10_000, price: "9999999.99" }),
  no_reference_price: () => place({ symbol: "NOREF" }),
  price_band: () => place({ price: "150" }),
  duplicate_order: async () => {
    await place({ client_order_id: undefined });
    return place({ client_order_id: undefined });
  },
  open_order_limit: () => place({}, limited),
  insufficient_shares: () => place({ direction: "sell", quantity: 6 }),
  insufficient_funds: () => place({ quantity: 10_000, price: "119" }),
  order_rate_limit: tooFast,
  too_many_requests: manyBooks,
  too_many_challenges: anHourOfLogins,
  internal_error: duringFault,
  unavailable: duringOutage,
};
