import { withdrawalMail } from "../../domain/ledger/transfer-mail.ts";
import type { WithdrawalEnd } from "../../domain/ledger/withdrawal.ts";
import type { Seal } from "../../platform/credentials/seal.ts";
import type { NewId } from "../../platform/ids.ts";
import { recordAudit } from "../audit/audit.ts";
import { findRecipient } from "../identity/recipients.ts";
import { sendMail } from "../notifications/mails.ts";
import type { Database } from "../pg/database.ts";
import { endWithdrawal } from "./withdrawals.ts";

/**
 * Ends a pending withdrawal with its journal entry, activity, audit row and mail, in one
 * transaction. Does nothing when it has already ended.
 */
export const finishWithdrawal = (
  deps: { readonly database: Database; readonly newId: NewId; readonly seal: Seal },
  withdrawalId: string,
  { correlationId, ...end }: WithdrawalEnd & { readonly correlationId: string },
): Promise<void> =>
  deps.database.transaction(async (tx) => {
    const withdrawal = await endWithdrawal(tx, withdrawalId, end);
    if (withdrawal === undefined) return;
    const { clientId, status } = withdrawal;
    const action = `withdrawal_${status}`;
    await recordAudit(tx, { clientId, action, subject: withdrawalId, correlationId });
    const recipient = await findRecipient(tx, clientId);
    if (recipient !== undefined)
      await sendMail(deps, tx, recipient.email, withdrawalMail(recipient.firstName, withdrawal));
  });
