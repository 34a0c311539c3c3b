import {
  RESET_MAILS_PER_HOUR,
  RESET_SECONDS,
  resetMail,
} from "../../layers/domain/identity/account-mail.ts";
import { type Email, emailKey } from "../../layers/domain/identity/client.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { mailPasswordReset } from "../../layers/store/identity/links.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/**
 * Mails an active client a link to choose a new password. For any other address the same statements
 * run and nothing is sent, so that neither the answer nor its time shows who is a client.
 */
export const forgotPassword = async (
  deps: {
    readonly config: { readonly publicUrl: string };
    readonly database: Database;
    readonly newId: NewId;
    readonly seal: Seal;
  },
  { email, correlationId }: { readonly email: Email; readonly correlationId: string },
): Promise<void> => {
  const mailId = deps.newId();
  const token = newToken();
  const { body, ...mail } = resetMail(deps.config.publicUrl, token);
  const sealedBody = deps.seal.seal(body, mailId);
  await deps.database.transaction(async (tx) => {
    const clientId = await mailPasswordReset(tx, emailKey(email), {
      ...{ tokenHash: hashToken(token), lifeSeconds: RESET_SECONDS, perHour: RESET_MAILS_PER_HOUR },
      mail: { ...mail, mailId, sealedBody, usefulSeconds: RESET_SECONDS },
    });
    await recordAudit(tx, {
      ...{ clientId, action: "password_reset_asked", correlationId },
      subject: clientId ?? "unknown",
    });
  });
};
