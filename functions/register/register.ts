import type { ClientId } from "../../layers/domain/identifiers.ts";
import {
  type Application,
  type ApplicationRefusal,
  dayOf,
  emailKey,
  examine,
} from "../../layers/domain/identity/client.ts";
import {
  knownEmailMail,
  SIGN_UP_MAILS_PER_HOUR,
  VERIFICATION_SECONDS,
  verificationMail,
} from "../../layers/domain/identity/mail.ts";
import { accept, type Outcome } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { isCommonPassword } from "../../layers/platform/credentials/common-passwords.ts";
import type { Passwords } from "../../layers/platform/credentials/passwords.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findByEmail, savePendingClient } from "../../layers/store/identity/clients.ts";
import { insertVerification } from "../../layers/store/identity/verifications.ts";
import { countSignUpMails, insertMail } from "../../layers/store/notifications/mails.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly config: { readonly publicUrl: string };
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly passwords: Passwords;
  readonly seal: Seal;
};

/**
 * Stores a pending client and mails the link that confirms it. An address that already has a client
 * costs the same work and gets another mail; the caller cannot tell the difference.
 */
export const register = async (
  deps: Deps,
  { application, correlationId }: { application: Application; correlationId: string },
): Promise<Outcome<Application, ApplicationRefusal>> => {
  const examined = examine(application, {
    today: dayOf(deps.clock()),
    isCommonPassword: isCommonPassword(application.password),
  });
  if (!examined.ok) return examined;

  const passwordHash = await deps.passwords.hash(application.password);
  await deps.database.transaction((tx) =>
    signUp(deps, tx, { ...application, passwordHash, correlationId }),
  );
  return accept(application);
};

type SignUp = Application & { readonly passwordHash: string; readonly correlationId: string };

const signUp = async (deps: Deps, tx: Transaction, request: SignUp): Promise<void> => {
  const key = emailKey(request.email);
  const clientId = deps.newId() as ClientId;
  const mailsSent = await countSignUpMails(tx, key);
  if (mailsSent >= SIGN_UP_MAILS_PER_HOUR)
    return audit(tx, request, undefined, "client_sign_up_ignored");

  const pending = await savePendingClient(tx, { ...request, clientId, emailKey: key });
  if (pending === undefined) return remindOwner(deps, tx, request);

  const token = newToken();
  const lifeSeconds = VERIFICATION_SECONDS;
  const tokenHash = hashToken(token);
  await insertVerification(tx, { ...request, tokenHash, clientId: pending, lifeSeconds });
  await send(deps, tx, request, verificationMail(deps.config.publicUrl, token));
  await audit(tx, request, pending, "client_registered");
};

const remindOwner = async (deps: Deps, tx: Transaction, request: SignUp): Promise<void> => {
  const owner = await findByEmail(tx, emailKey(request.email));
  await send(deps, tx, { email: owner?.email ?? request.email }, knownEmailMail());
  await audit(tx, request, owner?.clientId, "client_registered_again");
};

const send = async (
  { newId, seal }: Deps,
  tx: Transaction,
  { email }: Pick<SignUp, "email">,
  { purpose, subject, body }: ReturnType<typeof knownEmailMail>,
): Promise<void> => {
  const mailId = newId();
  await insertMail(tx, {
    ...{ mailId, purpose, subject, recipient: email, usefulSeconds: VERIFICATION_SECONDS },
    sealedBody: seal.seal(body, mailId),
  });
};

const audit = (
  tx: Transaction,
  { correlationId }: SignUp,
  clientId: ClientId | undefined,
  action: string,
): Promise<void> =>
  recordAudit(tx, { clientId, action, subject: clientId ?? "unknown", correlationId });
