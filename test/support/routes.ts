import type { Contract } from "../../layers/http/contract.ts";
import type { Handler } from "../../layers/testing/http.ts";

/** A route: its contract, and the Lambda handler that implements it. */
export type Route = { readonly contract: Contract; readonly handler: Handler };

const load = async (
  folder: string,
  contractName: string,
  handlerName = "handler",
): Promise<readonly [string, Route]> => {
  const contracts = await import(`../../functions/${folder}/contract.ts`);
  const handlers = await import(`../../functions/${folder}/handler.ts`);
  const contract: Contract = contracts[contractName];
  const handler: Handler = handlers[handlerName];
  return [contract.operationId, { contract, handler }];
};

/**
 * Loads routes one after the other: when many modules are imported at once, Node sometimes leaves
 * an import pending for ever, and with it the test file.
 */
const loadInTurn = async (
  wanted: readonly Parameters<typeof load>[],
): Promise<Readonly<Record<string, Route>>> => {
  const loaded: (readonly [string, Route])[] = [];
  for (const names of wanted) loaded.push(await load(...names));
  return Object.fromEntries(loaded);
};

/** Every route of the administration; call after useEnvironment, with the role that serves them. */
export const loadAdminRoutes = async (): Promise<Readonly<Record<string, Route>>> =>
  loadInTurn([
    ["admin-instruments", "listAdminInstrumentsContract", "listHandler"],
    ["admin-instruments", "createInstrumentContract", "createHandler"],
    ["admin-instruments", "changeInstrumentContract", "changeHandler"],
    ["admin-halts", "haltContract", "haltHandler"],
    ["admin-halts", "resumeContract", "resumeHandler"],
    ["admin-halts", "closeContract", "closeHandler"],
    ["admin-clients", "listClientsContract", "listHandler"],
    ["admin-clients", "getClientContract", "getHandler"],
    ["admin-clients", "suspendClientContract", "suspendHandler"],
    ["admin-clients", "reactivateClientContract", "reactivateHandler"],
    ["admin-adjustments", "adjustBalanceContract"],
    ["admin-adjustments", "listAdjustmentsContract", "listHandler"],
    ["admin-trial-balance", "getTrialBalanceContract"],
    ["admin-client-orders", "listClientOrdersContract"],
    ["admin-calendars", "listCalendarsContract"],
    ["admin-matching", "getMatchingStateContract"],
    ["admin-limits", "getLimitsContract", "getHandler"],
    ["admin-limits", "setLimitsContract", "setHandler"],
    ["admin-kill-switches", "listKillSwitchesContract", "listHandler"],
    ["admin-kill-switches", "setKillSwitchContract", "setHandler"],
    ["admin-kill-switches", "liftKillSwitchContract", "liftHandler"],
  ]);

/** Every route that changes or reads something of a client; call after useEnvironment. */
export const loadRoutes = async (): Promise<Readonly<Record<string, Route>>> => {
  return loadInTurn([
    ["register", "registerContract"],
    ["verify-email", "verifyEmailContract"],
    ["verify-email", "verifyEmailPostContract", "postHandler"],
    ["resend-verification", "resendVerificationContract"],
    ["login", "loginContract"],
    ["verify-mfa", "verifyMfaContract"],
    ["refresh-session", "refreshSessionContract"],
    ["logout", "logoutContract"],
    ["get-jwks", "getJwksContract"],
    ["list-sessions", "listSessionsContract"],
    ["end-sessions", "endSessionContract"],
    ["end-sessions", "endOtherSessionsContract", "othersHandler"],
    ["step-up", "stepUpContract"],
    ["forgot-password", "forgotPasswordContract"],
    ["reset-password", "resetPasswordContract"],
    ["change-password", "changePasswordContract"],
    ["change-email", "changeEmailContract"],
    ["change-email", "confirmEmailContract", "confirmHandler"],
    ["profile", "getProfileContract"],
    ["profile", "updateProfileContract", "updateHandler"],
    ["close-account", "closeAccountContract"],
    ["totp", "beginTotpContract", "beginHandler"],
    ["totp", "confirmTotpContract", "confirmHandler"],
    ["totp", "removeTotpContract", "removeHandler"],
    ["api-keys", "createApiKeyContract", "createHandler"],
    ["api-keys", "listApiKeysContract", "listHandler"],
    ["api-keys", "revokeApiKeyContract", "revokeHandler"],
    ["deposit", "depositContract"],
    ["list-deposits", "listDepositsContract"],
    ["withdraw", "withdrawContract"],
    ["withdrawals", "listWithdrawalsContract", "listHandler"],
    ["withdrawals", "getWithdrawalContract", "getHandler"],
    ["cancel-withdrawal", "cancelWithdrawalContract"],
    ["get-portfolio", "getPortfolioContract"],
    ["report-statement", "reportStatementContract"],
    ["report-trades", "reportTradesContract"],
    ["report-pnl", "reportPnlContract"],
    ["report-equity", "reportEquityContract"],
    ["list-activities", "listActivitiesContract"],
    ["list-instruments", "listInstrumentsContract"],
    ["get-book", "getBookContract"],
    ["list-trades", "listTradesContract"],
    ["list-candles", "listCandlesContract"],
    ["issue-ticket", "issueTicketContract"],
    ["place-order", "placeOrderContract"],
    ["get-order", "getOrderContract"],
    ["list-orders", "listOrdersContract"],
    ["preview-order", "previewOrderContract"],
    ["list-order-trades", "listOrderTradesContract"],
    ["list-amendments", "listAmendmentsContract"],
    ["replace-order", "replaceOrderContract"],
    ["cancel-orders", "cancelOrdersContract"],
    ["cancel-order", "cancelOrderContract"],
    ["cancel-order", "deleteOrderContract", "deleteHandler"],
  ]);
};
