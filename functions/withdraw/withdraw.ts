import type { ClientId } from "../../layers/domain/identifiers.ts";
import { withdrawalMail } from "../../layers/domain/ledger/transfer-mail.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Money } from "../../layers/domain/units.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { showWithdrawal } from "../../layers/representation/withdrawal.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findRecipient } from "../../layers/store/identity/recipients.ts";
import { findKeptAnswer } from "../../layers/store/ledger/idempotency.ts";
import {
  type ClientWithdrawal,
  type RequestOutcome,
  requestWithdrawal,
} from "../../layers/store/ledger/withdrawals.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type WithdrawRefusal = {
  readonly code:
    | "currency_mismatch"
    | "idempotency_key_reused"
    | "idempotency_key_in_flight"
    | "client_not_active"
    | "insufficient_funds"
    | "too_many_withdrawals";
};

/**
 * The text of the answer, stored so that a replay is the same byte for byte, and whether this is a
 * replay.
 */
type Withdrawn = { readonly answer: string; readonly replayed: boolean };

type Deps = {
  readonly database: Database;
  readonly reference: ReferenceData;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly seal: Seal;
};

type Request = {
  readonly clientId: ClientId;
  readonly key: string;
  readonly amount: Money;
  readonly currency: string;
  readonly correlationId: string;
};

/** Takes the cash of a withdrawal out of the available balance, once for each key. */
export const withdraw = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<Withdrawn, WithdrawRefusal>> => {
  const { clientId, key, amount, currency } = request;
  const print = fingerprint({ amount, currency });
  const account = await deps.reference.account(clientId);
  if (account?.currency !== currency) return refuse({ code: "currency_mismatch" });
  const now = deps.clock();
  const withdrawal: ClientWithdrawal = {
    ...{ withdrawalId: deps.newId(), clientId, amount, currency, status: "pending" },
    ...{ reason: undefined, createdAt: now, updatedAt: now },
  };
  const response = JSON.stringify(showWithdrawal(withdrawal));
  const outcome = await deps.database.transaction((tx) =>
    begin(deps, tx, { ...request, withdrawal, answer: response, fingerprint: print }),
  );
  if (outcome === "begun") return accept({ answer: response, replayed: false });
  if (outcome === "in_flight") return refuse({ code: "idempotency_key_in_flight" });
  if (outcome !== "kept") return refuse({ code: outcome });
  const kept = await findKeptAnswer(deps.database, clientId, "withdrawal", key);
  if (kept === undefined) return refuse({ code: "idempotency_key_in_flight" });
  if (!kept.fingerprint.equals(print)) return refuse({ code: "idempotency_key_reused" });
  return accept({ answer: kept.answer, replayed: true });
};

const begin = async (
  deps: Deps,
  tx: Transaction,
  request: Request & {
    readonly withdrawal: ClientWithdrawal;
    readonly answer: string;
    readonly fingerprint: Buffer;
  },
): Promise<RequestOutcome> => {
  const { withdrawal, clientId, correlationId } = request;
  const outcome = await requestWithdrawal(tx, { ...request, ...withdrawal });
  if (outcome !== "begun") return outcome;
  const subject = withdrawal.withdrawalId;
  await recordAudit(tx, { clientId, action: "withdrawal_requested", subject, correlationId });
  const recipient = await findRecipient(tx, clientId);
  if (recipient !== undefined)
    await sendMail(deps, tx, recipient.email, withdrawalMail(recipient.firstName, withdrawal));
  return "begun";
};
