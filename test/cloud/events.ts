import type { Request } from "./http-api.ts";

/** A good request of a function: what it sends, and the status of the answer where that is not 200. */
type GoodRequest = {
  readonly body?: unknown;
  readonly query?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Request["headers"];
  readonly status?: number;
};

const PASSWORD = "correct horse battery staple 42";
const UNKNOWN = "00000000-0000-7000-8000-00000000dead";
const UNKNOWN_ID = { params: { id: UNKNOWN }, status: 404 };
const REASON = { reason: "test" };
const PERIOD = "from=2026-01-01&to=2026-01-31";
const ORDER = {
  ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "90.00" },
};
const UNKNOWN_CLIENT = { params: { client_id: UNKNOWN }, status: 404 };
const SYMBOL = { params: { symbol: "AAPL" } };
const IBM = {
  ...{
    symbol: "IBM",
    name: "IBM",
    tick_size: "0.01",
    max_quantity: 10_000,
    max_notional: "1000000",
  },
  ...{ price_band_bps: 1_000, reference_price: "230.00", calendar: "ALWAYS" },
};

/**
 * By function. A function that is not listed is called with its route only. Several functions run at a
 * time, so no request needs what another one wrote.
 */
export const GOOD_REQUESTS: Readonly<Record<string, GoodRequest>> = {
  register: {
    body: {
      client: {
        ...{ email: "new@example.org", password: PASSWORD, first_name: "New", last_name: "Client" },
        date_of_birth: "1990-01-01",
      },
    },
    status: 201,
  },
  verifyEmail: { query: `token=${"x".repeat(43)}`, status: 422 },
  verifyEmailByPost: { body: { token: "x".repeat(43) }, status: 422 },
  resendVerification: { body: { email: "new@example.org" }, status: 202 },
  login: { body: { email: "nobody@example.org", password: PASSWORD }, status: 401 },
  verifyMfa: { body: { challenge_id: UNKNOWN, code: "123456" }, status: 401 },
  refreshSession: { body: { refresh_token: "x".repeat(43) }, status: 401 },
  logout: { body: { refresh_token: "x".repeat(43) }, status: 204 },
  endSession: UNKNOWN_ID,
  endOtherSessions: { status: 204 },
  stepUp: { body: { code: "123456" }, status: 401 },
  forgotPassword: { body: { email: "nobody@example.org" }, status: 202 },
  resetPassword: { body: { token: "x".repeat(43), password: PASSWORD }, status: 422 },
  updateProfile: { body: { client: { first_name: "Ada" } } },
  changePassword: {
    body: { current_password: "a wrong password", password: PASSWORD },
    status: 422,
  },
  changeEmail: { body: { email: "elsewhere@example.org" }, status: 202 },
  confirmEmail: { body: { token: "x".repeat(43) }, status: 422 },
  closeAccount: { body: {}, status: 422 },
  beginTotp: { body: {}, status: 201 },
  confirmTotp: { body: { code: "123456" }, status: 422 },
  removeTotp: { body: { code: "123456" }, status: 422 },
  createApiKey: { body: { name: "bot", scopes: ["read"] }, status: 201 },
  revokeApiKey: { params: { id: "0000000000" }, status: 404 },
  getDocsFile: { params: { file: "swagger-ui.css" } },
  placeOrder: { body: { order: ORDER }, status: 201 },
  previewOrder: { body: { order: ORDER } },
  getOrder: UNKNOWN_ID,
  listOrderTrades: UNKNOWN_ID,
  listAmendments: UNKNOWN_ID,
  replaceOrder: { ...UNKNOWN_ID, body: { order: { client_version: 1, quantity: 2 } } },
  cancelOrder: { ...UNKNOWN_ID, body: { client_version: 1 } },
  deleteOrder: UNKNOWN_ID,
  cancelOrders: { query: "symbol=MSFT", status: 207 },
  getBook: { params: { symbol: "AAPL" } },
  listTrades: { params: { symbol: "AAPL" } },
  listCandles: { params: { symbol: "AAPL" }, query: "interval=1m" },
  issueTicket: { status: 201 },
  deposit: {
    ...{ body: { amount: "10.00", currency: "USD" }, headers: { "idempotency-key": "one" } },
    status: 201,
  },
  withdraw: {
    ...{ body: { amount: "1.00", currency: "USD" }, headers: { "idempotency-key": "two" } },
    status: 201,
  },
  getWithdrawal: UNKNOWN_ID,
  cancelWithdrawal: UNKNOWN_ID,
  reportStatement: { query: `${PERIOD}&format=pdf` },
  reportTrades: { query: `${PERIOD}&format=csv` },
  reportPnl: { query: PERIOD },
  reportEquity: { query: PERIOD },
  createInstrument: { body: { instrument: IBM }, status: 201 },
  changeInstrument: { ...SYMBOL, body: { instrument: { name: "Apple" }, ...REASON } },
  haltInstrument: { ...SYMBOL, body: REASON },
  resumeInstrument: { ...SYMBOL, body: REASON },
  closeInstrument: { ...SYMBOL, params: { symbol: "TSLA" }, body: REASON },
  getClient: UNKNOWN_CLIENT,
  listClientOrders: UNKNOWN_CLIENT,
  suspendClient: { ...UNKNOWN_CLIENT, body: REASON },
  reactivateClient: { ...UNKNOWN_CLIENT, body: REASON },
  adjustBalance: {
    ...UNKNOWN_CLIENT,
    ...{
      body: { asset: "USD", direction: "grant", amount: "1.00", ...REASON },
      headers: { "idempotency-key": "three" },
    },
  },
  getLimits: UNKNOWN_CLIENT,
  setLimits: { ...UNKNOWN_CLIENT, body: { max_open_orders: 10, ...REASON } },
  setKillSwitch: { body: { scope: "symbol", subject: "MSFT", ...REASON } },
  liftKillSwitch: { params: { scope: "client", subject: UNKNOWN }, status: 404 },
};
