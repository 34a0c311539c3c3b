import { type Email, emailKey } from "../../layers/domain/identity/client.ts";
import type { ChallengeId } from "../../layers/domain/identity/mfa.ts";
import type { TokenPair } from "../../layers/domain/identity/session.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import type { Tokens } from "../../layers/platform/credentials/tokens.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import {
  findNewestChallenge,
  passChallenge,
  spendTry,
  type Try,
} from "../../layers/store/identity/challenges.ts";
import { lockActiveClient } from "../../layers/store/identity/clients.ts";
import { isRightCode } from "../../layers/store/identity/second-factor.ts";
import { beginSession } from "../../layers/store/identity/sessions.ts";
import { lockSignUp, openAccount } from "../../layers/store/identity/verifications.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

/** Matches no challenge, so that an unknown e-mail takes the same path as a wrong code. */
const NO_CHALLENGE = "00000000-0000-0000-0000-000000000000" as ChallengeId;

type Deps = {
  readonly config: { readonly refreshTtlSeconds: number };
  readonly database: Database;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seal: Seal;
  readonly tokens: Tokens;
};

type Request = {
  readonly challengeId: ChallengeId | undefined;
  readonly email: Email | undefined;
  readonly code: string;
  readonly address: string;
  readonly userAgent: string;
  readonly correlationId: string;
};

type MfaRefusal = { readonly code: "invalid_code" };

/**
 * The second step of a login: checks the code, at most five times for a challenge, and begins a
 * session.
 */
export const verifyMfa = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<TokenPair, MfaRefusal>> => {
  const sessionId = deps.newId();
  const refreshToken = newToken();
  const passed = await deps.database.transaction(async (tx) => {
    const found = await judge(deps, tx, request);
    if (found === undefined) return undefined;
    const { address, userAgent } = request;
    const authTime = await beginSession(tx, {
      ...{ sessionId, clientId: found.clientId, address, userAgent },
      refreshLifeSeconds: deps.config.refreshTtlSeconds,
      refreshTokenHash: hashToken(refreshToken),
    });
    return { ...found, authTime };
  });
  if (passed === undefined) return refuse({ code: "invalid_code" });

  const { clientId, roles, authTime } = passed;
  const tokenId = deps.newId();
  const token = await deps.tokens.sign({ clientId, roles, sessionId, authTime, tokenId });
  return accept({ token, refreshToken });
};

/** Undefined when the code is wrong or was not checked. The used try is committed either way. */
const judge = async (
  deps: Deps,
  tx: Transaction,
  { challengeId: given, email, code, address, correlationId }: Request,
): Promise<Try | undefined> => {
  const challengeId =
    given ?? (await findNewestChallenge(tx, emailKey(email ?? ""), address)) ?? NO_CHALLENGE;
  const granted = await spendTry(tx, challengeId, { byEmail: given === undefined });
  const right =
    granted !== undefined &&
    (await isRightCode(deps, tx, { ...granted, challengeId, code })) &&
    (granted.signUp === undefined || (await openAccountOf(tx, granted.signUp))) &&
    (await lockActiveClient(tx, granted.clientId));
  if (right) await passChallenge(tx, challengeId);
  await recordAudit(tx, {
    ...{ clientId: granted?.clientId, subject: challengeId, correlationId },
    action: right ? "login_passed" : "login_code_refused",
    facts: { judged: granted !== undefined },
  });
  return right ? granted : undefined;
};

/** The first login after a sign-up opens the account; false when another sign-up has opened it. */
const openAccountOf = async (tx: Transaction, signUp: Buffer): Promise<boolean> => {
  const found = await lockSignUp(tx, signUp);
  if (found?.state !== "pending") return false;
  await openAccount(tx, found.clientId, signUp);
  return true;
};
