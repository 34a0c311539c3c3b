import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { PaymentProvider } from "../../layers/platform/payments.ts";
import { finishWithdrawal } from "../../layers/store/ledger/finish-withdrawal.ts";
import {
  type ClientWithdrawal,
  findWithdrawal,
  requestCancel,
} from "../../layers/store/ledger/withdrawals.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly payments: PaymentProvider;
  readonly logger: Logger;
  readonly newId: NewId;
  readonly seal: Seal;
};

export type CancelRefusal = { readonly code: "not_found" | "withdrawal_not_pending" };

/**
 * Cancels a pending withdrawal if the provider has not paid it. The request is stored first: when
 * the provider does not answer now, the worker asks it again.
 */
export const cancelWithdrawal = async (
  deps: Deps,
  request: {
    readonly clientId: ClientId;
    readonly withdrawalId: string;
    readonly correlationId: string;
  },
): Promise<Outcome<ClientWithdrawal, CancelRefusal>> => {
  const { clientId, withdrawalId, correlationId } = request;
  const pending = await requestCancel(deps.database, clientId, withdrawalId);
  const find = () => findWithdrawal(deps.database, clientId, withdrawalId);
  if (pending === undefined)
    return refuse({ code: (await find()) === undefined ? "not_found" : "withdrawal_not_pending" });
  const { amount, currency, createdAt: requestedAt } = pending;
  const payment = { id: withdrawalId, amount, currency, requestedAt };
  const isStopped = await deps.payments.cancel(payment).catch((error: unknown) => {
    deps.logger.warn({ err: error, withdrawalId }, "the payment provider did not answer");
    return undefined;
  });
  if (isStopped === false) return refuse({ code: "withdrawal_not_pending" });
  if (isStopped)
    await finishWithdrawal(deps, withdrawalId, {
      ...{ status: "cancelled", reason: "requested", correlationId },
    });
  return accept((await find()) ?? pending);
};
