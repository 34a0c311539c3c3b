import { type Email, emailKey } from "../../layers/domain/identity/client.ts";
import { codeMail } from "../../layers/domain/identity/mail.ts";
import {
  CHALLENGE_LIMITS,
  type ChallengeId,
  CODE_SECONDS,
  type Factor,
  secondsToWait,
} from "../../layers/domain/identity/mfa.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import {
  isWeak,
  NOBODYS_HASH,
  type Passwords,
} from "../../layers/platform/credentials/passwords.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { newCode } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { countChallenges, insertChallenge } from "../../layers/store/identity/challenges.ts";
import {
  type Credentials,
  findCredentials,
  replaceHash,
} from "../../layers/store/identity/clients.ts";
import { countLogin, forgiveLogin } from "../../layers/store/identity/login-attempts.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly newId: NewId;
  readonly passwords: Passwords;
  readonly seal: Seal;
};

type Caller = { readonly address: string; readonly correlationId: string };

/** The challenge, the source of its code, and until when the code is valid. */
export type Challenge = {
  readonly challengeId: ChallengeId;
  readonly factor: Factor;
  readonly expiresAt: Date;
};

export type LoginRefusal =
  | { readonly code: "too_many_attempts"; readonly retryAfterSeconds: number }
  | { readonly code: "invalid_credentials" }
  | { readonly code: "too_many_challenges"; readonly retryAfterSeconds: number };

/**
 * The first step of a login: the right password creates a challenge, whose code is mailed. An
 * unknown e-mail address costs a hash too, and a pending client is refused like a wrong password.
 * Otherwise a sign-up with another person's address would reveal whether it is known.
 */
export const login = async (
  deps: Deps,
  request: Caller & { readonly email: Email; readonly password: string },
): Promise<Outcome<Challenge, LoginRefusal>> => {
  const { email, password, address, correlationId } = request;
  const attempt = { emailKey: emailKey(email), address };
  const counted = await countLogin(deps.database, attempt);
  const retryAfterSeconds = counted.wait;
  if (retryAfterSeconds > 0) return refuse({ code: "too_many_attempts", retryAfterSeconds });
  const client = await findCredentials(deps.database, attempt.emailKey);
  const proved = await prove(deps, client, password);
  if (client === undefined || proved === undefined) {
    const clientId = client?.clientId;
    const subject = clientId ?? "unknown";
    await recordAudit(deps.database, { clientId, action: "login_refused", subject, correlationId });
    return refuse({ code: "invalid_credentials" });
  }
  await forgiveLogin(deps.database, counted);
  if (client.status === "active" && isWeak(client.passwordHash))
    await strengthen(deps, client, password);
  return challenge(deps, client, { ...request, signUp: proved.signUp });
};

/**
 * Compares the password with the client's own or, while the client is pending, with those of
 * sign-ups whose link was opened. Undefined when none matches.
 */
const prove = async (
  { passwords }: Deps,
  client: Credentials | undefined,
  password: string,
): Promise<{ readonly signUp: Buffer | undefined } | undefined> => {
  const [first = { tokenHash: undefined, passwordHash: NOBODYS_HASH }, ...rest] =
    client?.status === "pending"
      ? client.signUps
      : [{ tokenHash: undefined, passwordHash: client?.passwordHash ?? NOBODYS_HASH }];
  for (const { tokenHash, passwordHash } of [first, ...rest])
    if (await passwords.verify(password, passwordHash)) {
      const mayLogIn = client?.status === "active" || tokenHash !== undefined;
      return mayLogIn ? { signUp: tokenHash } : undefined;
    }
  return undefined;
};

const strengthen = async (deps: Deps, client: Credentials, password: string): Promise<void> => {
  const to = await deps.passwords.hash(password);
  const { clientId, passwordHash: from } = client;
  await replaceHash(deps.database, { clientId, from, to });
};

const challenge = (
  { database, newId, seal }: Deps,
  { clientId, email, firstName, hasTotp }: Credentials,
  { address, correlationId, signUp }: Caller & { readonly signUp: Buffer | undefined },
): Promise<Outcome<Challenge, LoginRefusal>> =>
  database.transaction(async (tx) => {
    const retryAfterSeconds = secondsToWait(
      await countChallenges(tx, { clientId, address }, CHALLENGE_LIMITS),
    );
    if (retryAfterSeconds > 0) {
      const action = "login_limited";
      await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
      return refuse({ code: "too_many_challenges", retryAfterSeconds });
    }

    const challengeId = newId() as ChallengeId;
    const code = newCode();
    const factor = hasTotp ? "totp" : "mail";
    const expiresAt = await insertChallenge(tx, {
      ...{ challengeId, clientId, address, signUp, factor, lifeSeconds: CODE_SECONDS },
      codeHash: seal.stamp(code, challengeId),
    });
    if (factor === "mail")
      await sendMail({ newId, seal }, tx, email, codeMail(firstName, code), CODE_SECONDS);
    const action = "login_challenged";
    await recordAudit(tx, { clientId, action, subject: challengeId, correlationId });
    return accept({ challengeId, factor, expiresAt });
  });
