import type { ClientId } from "../../layers/domain/identifiers.ts";
import { securityMail } from "../../layers/domain/identity/account-mail.ts";
import { RECOVERY_CODES } from "../../layers/domain/identity/mfa.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { newRecoveryCode } from "../../layers/platform/credentials/api-keys.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { newTotpSecret } from "../../layers/platform/credentials/totp.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findProfile } from "../../layers/store/identity/clients.ts";
import {
  confirmTotp,
  keepSecret,
  removeTotp,
  useAppCode,
} from "../../layers/store/identity/second-factor.ts";
import { lockSession } from "../../layers/store/identity/sessions.ts";
import { countAttempt, forgive } from "../../layers/store/identity/throttle.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: NewId;
  readonly seal: Seal;
};

export type Caller = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly correlationId: string;
};

export type TotpRefusal =
  | { readonly code: "totp_in_use" }
  | { readonly code: "wrong_code" }
  | { readonly code: "too_many_attempts"; readonly retryAfterSeconds: number };

const GUESSES = { free: 5, maxSeconds: 900 };

/** Creates a new secret, which takes effect when it is confirmed; replaces an unconfirmed one. */
export const beginTotp = async (
  { database, seal }: Deps,
  { clientId }: Pick<Caller, "clientId">,
): Promise<Outcome<{ readonly secret: string; readonly email: string }, TotpRefusal>> => {
  const secret = newTotpSecret();
  if (!(await keepSecret(seal, database, clientId, secret))) return refuse({ code: "totp_in_use" });
  const client = await findProfile(database, clientId);
  return accept({ secret, email: client?.email ?? "" });
};

/** Activates the app; returns the recovery codes. */
export const finishTotp = (
  deps: Deps,
  caller: Caller & { readonly code: string },
): Promise<Outcome<readonly string[], TotpRefusal>> =>
  limited(deps, caller, async (tx) => {
    const recoveryCodes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    const { clientId, code } = caller;
    if (!(await confirmTotp(deps, tx, clientId, { code, recoveryCodes }))) return undefined;
    await tell(deps, tx, caller, {
      action: "totp_confirmed",
      sentence: "an authenticator app is used for your logins from now on.",
    });
    return recoveryCodes;
  });

/** Removes the app. */
export const endTotp = (
  deps: Deps,
  caller: Caller & { readonly code: string },
): Promise<Outcome<true, TotpRefusal>> =>
  limited(deps, caller, async (tx) => {
    const { clientId, code } = caller;
    if (!(await useAppCode(deps, tx, clientId, code))) return undefined;
    await removeTotp(tx, clientId);
    await tell(deps, tx, caller, {
      action: "totp_removed",
      sentence: "your authenticator app is no longer used; codes are mailed again.",
    });
    return true;
  });

/**
 * Runs work that needs a code, and slows down guesses. Throws SessionEnded when the session of the
 * request has ended meanwhile.
 */
const limited = async <Result>(
  { database }: Deps,
  { clientId, sessionId }: Caller,
  work: (tx: Transaction) => Promise<Result | undefined>,
): Promise<Outcome<Result, TotpRefusal>> => {
  const subject = `app code ${clientId}`;
  const retryAfterSeconds = await countAttempt(database, subject, GUESSES);
  if (retryAfterSeconds > 0) return refuse({ code: "too_many_attempts", retryAfterSeconds });
  const result = await database.transaction(async (tx) => {
    await lockSession(tx, { clientId, sessionId });
    return work(tx);
  });
  if (result === undefined) return refuse({ code: "wrong_code" });
  await forgive(database, { all: [subject], last: [] });
  return accept(result);
};

const tell = async (
  deps: Deps,
  tx: Transaction,
  { clientId, correlationId }: Caller,
  { action, sentence }: { readonly action: string; readonly sentence: string },
): Promise<void> => {
  const client = await findProfile(tx, clientId);
  if (client !== undefined)
    await sendMail(deps, tx, client.email, securityMail(client.firstName, sentence));
  await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
};
