import type { Contract } from "../../layers/http/contract.ts";
import type { Handler } from "../../layers/testing/http.ts";

/** A route as the gateway sees it: what it promises, and the Lambda handler that keeps it. */
export type Route = { readonly contract: Contract; readonly handler: Handler };

/** Every route that changes something or reads something of a client; call after useEnvironment. */
export const loadRoutes = async (): Promise<Readonly<Record<string, Route>>> => {
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
  return Object.fromEntries(
    await Promise.all([
      load("register", "registerContract"),
      load("verify-email", "verifyEmailContract"),
      load("verify-email", "verifyEmailPostContract", "postHandler"),
      load("resend-verification", "resendVerificationContract"),
      load("login", "loginContract"),
      load("verify-mfa", "verifyMfaContract"),
      load("deposit", "depositContract"),
      load("list-deposits", "listDepositsContract"),
      load("get-portfolio", "getPortfolioContract"),
      load("place-order", "placeOrderContract"),
      load("get-order", "getOrderContract"),
      load("list-orders", "listOrdersContract"),
      load("cancel-order", "cancelOrderContract"),
      load("cancel-order", "deleteOrderContract", "deleteHandler"),
    ]),
  );
};
