import { type Email, emailKey } from "../../layers/domain/identity/client.ts";
import {
  SIGN_UP_MAILS_PER_HOUR,
  VERIFICATION_SECONDS,
  verificationMail,
} from "../../layers/domain/identity/mail.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { mailVerification } from "../../layers/store/identity/verifications.ts";
import { countSignUpMails } from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/**
 * Mails another link to a client who is still pending. Any other address costs the same statements
 * and gets nothing, so the time reveals no more than the answer.
 */
export const resendVerification = async (
  deps: {
    readonly config: { readonly publicUrl: string };
    readonly database: Database;
    readonly newId: NewId;
    readonly seal: Seal;
  },
  { email, correlationId }: { readonly email: Email; readonly correlationId: string },
): Promise<void> => {
  const key = emailKey(email);
  const mailId = deps.newId();
  const token = newToken();
  const { body, ...mail } = verificationMail(deps.config.publicUrl, token);
  const sealedBody = deps.seal.seal(body, mailId);
  await deps.database.transaction(async (tx) => {
    const allowed = (await countSignUpMails(tx, key)) < SIGN_UP_MAILS_PER_HOUR;
    const clientId = await mailVerification(tx, key, {
      ...{ allowed, tokenHash: hashToken(token), lifeSeconds: VERIFICATION_SECONDS },
      mail: { ...mail, mailId, sealedBody, usefulSeconds: VERIFICATION_SECONDS },
    });
    await recordAudit(tx, {
      ...{ clientId, action: "verification_asked_again", correlationId },
      subject: clientId ?? "unknown",
    });
  });
};
