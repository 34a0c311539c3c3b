import type { Contract } from "../../layers/http/contract.ts";
import type { Handler } from "../../layers/testing/http.ts";

/** A route as the gateway sees it: what it promises, and the Lambda handler that keeps it. */
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

/** Every route of the administration; call after useEnvironment, with the role that serves them. */
export const loadAdminRoutes = async (): Promise<Readonly<Record<string, Route>>> =>
  Object.fromEntries(
    await Promise.all([
      load("admin-instruments", "listAdminInstrumentsContract", "listHandler"),
      load("admin-instruments", "createInstrumentContract", "createHandler"),
      load("admin-instruments", "changeInstrumentContract", "changeHandler"),
      load("admin-halts", "haltContract", "haltHandler"),
      load("admin-halts", "resumeContract", "resumeHandler"),
      load("admin-halts", "closeContract", "closeHandler"),
      load("admin-clients", "listClientsContract", "listHandler"),
      load("admin-clients", "getClientContract", "getHandler"),
      load("admin-clients", "suspendClientContract", "suspendHandler"),
      load("admin-clients", "reactivateClientContract", "reactivateHandler"),
      load("admin-adjustments", "adjustBalanceContract"),
      load("admin-trial-balance", "getTrialBalanceContract"),
      load("admin-limits", "getLimitsContract", "getHandler"),
      load("admin-limits", "setLimitsContract", "setHandler"),
      load("admin-kill-switches", "listKillSwitchesContract", "listHandler"),
      load("admin-kill-switches", "setKillSwitchContract", "setHandler"),
      load("admin-kill-switches", "liftKillSwitchContract", "liftHandler"),
    ]),
  );

/** Every route that changes something or reads something of a client; call after useEnvironment. */
export const loadRoutes = async (): Promise<Readonly<Record<string, Route>>> => {
  return Object.fromEntries(
    await Promise.all([
      load("register", "registerContract"),
      load("verify-email", "verifyEmailContract"),
      load("verify-email", "verifyEmailPostContract", "postHandler"),
      load("resend-verification", "resendVerificationContract"),
      load("login", "loginContract"),
      load("verify-mfa", "verifyMfaContract"),
      load("refresh-session", "refreshSessionContract"),
      load("logout", "logoutContract"),
      load("list-sessions", "listSessionsContract"),
      load("end-sessions", "endSessionContract"),
      load("end-sessions", "endOtherSessionsContract", "othersHandler"),
      load("step-up", "stepUpContract"),
      load("forgot-password", "forgotPasswordContract"),
      load("reset-password", "resetPasswordContract"),
      load("change-password", "changePasswordContract"),
      load("change-email", "changeEmailContract"),
      load("change-email", "confirmEmailContract", "confirmHandler"),
      load("profile", "getProfileContract"),
      load("profile", "updateProfileContract", "updateHandler"),
      load("close-account", "closeAccountContract"),
      load("totp", "beginTotpContract", "beginHandler"),
      load("totp", "confirmTotpContract", "confirmHandler"),
      load("totp", "removeTotpContract", "removeHandler"),
      load("api-keys", "createApiKeyContract", "createHandler"),
      load("api-keys", "listApiKeysContract", "listHandler"),
      load("api-keys", "revokeApiKeyContract", "revokeHandler"),
      load("deposit", "depositContract"),
      load("list-deposits", "listDepositsContract"),
      load("withdraw", "withdrawContract"),
      load("withdrawals", "listWithdrawalsContract", "listHandler"),
      load("withdrawals", "getWithdrawalContract", "getHandler"),
      load("cancel-withdrawal", "cancelWithdrawalContract"),
      load("get-portfolio", "getPortfolioContract"),
      load("report-statement", "reportStatementContract"),
      load("report-trades", "reportTradesContract"),
      load("report-pnl", "reportPnlContract"),
      load("report-equity", "reportEquityContract"),
      load("list-activities", "listActivitiesContract"),
      load("list-instruments", "listInstrumentsContract"),
      load("get-book", "getBookContract"),
      load("list-trades", "listTradesContract"),
      load("list-candles", "listCandlesContract"),
      load("issue-ticket", "issueTicketContract"),
      load("place-order", "placeOrderContract"),
      load("get-order", "getOrderContract"),
      load("list-orders", "listOrdersContract"),
      load("preview-order", "previewOrderContract"),
      load("list-order-trades", "listOrderTradesContract"),
      load("list-amendments", "listAmendmentsContract"),
      load("replace-order", "replaceOrderContract"),
      load("cancel-orders", "cancelOrdersContract"),
      load("cancel-order", "cancelOrderContract"),
      load("cancel-order", "deleteOrderContract", "deleteHandler"),
    ]),
  );
};
