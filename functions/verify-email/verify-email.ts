import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import {
  type FoundSignUp,
  lockSignUp,
  openAccount,
  openLink,
} from "../../layers/store/identity/verifications.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type VerifyRefusal = { readonly code: "invalid_verification_token" };

type Deps = { readonly database: Database };
type Request = { readonly token: string; readonly correlationId: string };

/**
 * Opens the account with the details of the link's sign-up, in one transaction. A used link is
 * confirmed again, unless its address became a client through another sign-up.
 */
export const verifyEmail = (
  { database }: Deps,
  { token, correlationId }: Request,
): Promise<Outcome<FoundSignUp, VerifyRefusal>> =>
  database.transaction(async (tx) => {
    const tokenHash = hashToken(token);
    const found = await lockSignUp(tx, tokenHash);
    if (found === undefined || found.state === "void") return refuse(INVALID);
    if (found.state === "opened_by_this") return accept(found);
    const { clientId } = found;
    await openAccount(tx, clientId, tokenHash);
    await recordAudit(tx, {
      ...{ clientId, action: "client_verified", subject: clientId, correlationId },
    });
    return accept(found);
  });

/**
 * Confirms the address by an opened link. The account opens with the first login that uses the
 * password of that sign-up, so a stranger's sign-up gains nothing when a mail scanner opens its
 * link.
 */
export const openVerificationLink = (
  { database }: Deps,
  { token, correlationId }: Request,
): Promise<Outcome<FoundSignUp, VerifyRefusal>> =>
  database.transaction(async (tx) => {
    const found = await openLink(tx, hashToken(token));
    if (found === undefined || found.state === "void") return refuse(INVALID);
    const { clientId } = found;
    await recordAudit(tx, {
      ...{ clientId, action: "verification_link_opened", subject: clientId, correlationId },
    });
    return accept(found);
  });

const INVALID = { code: "invalid_verification_token" } as const;
