import { randomBytes } from "node:crypto";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { stepUpMail } from "../../layers/domain/identity/account-mail.ts";
import {
  CHALLENGE_LIMITS,
  type ChallengeId,
  CODE_SECONDS,
  type Factor,
  secondsToWait,
} from "../../layers/domain/identity/mfa.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { newCode } from "../../layers/platform/credentials/secrets.ts";
import type { Tokens } from "../../layers/platform/credentials/tokens.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import {
  countChallenges,
  findStepUpChallenge,
  insertChallenge,
  passChallenge,
  spendTry,
} from "../../layers/store/identity/challenges.ts";
import { findProfile } from "../../layers/store/identity/clients.ts";
import { hasTotp, isRightCode } from "../../layers/store/identity/second-factor.ts";
import { renewAuthTime } from "../../layers/store/identity/sessions.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: NewId;
  readonly seal: Seal;
  readonly tokens: Tokens;
};

type Caller = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly address: string;
  readonly correlationId: string;
};

type StepUpChallenge = {
  readonly challengeId: ChallengeId;
  readonly factor: Factor;
  readonly expiresAt: Date;
};

export type StepUpRefusal =
  | { readonly code: "invalid_code" }
  | { readonly code: "too_many_challenges"; readonly retryAfterSeconds: number };

/** Begins a step-up: mails a code, or creates a challenge for a code of the authenticator app. */
export const beginStepUp = (
  deps: Deps,
  caller: Caller,
): Promise<Outcome<StepUpChallenge, StepUpRefusal>> =>
  deps.database.transaction(async (tx) => {
    const retryAfterSeconds = secondsToWait(await countChallenges(tx, caller, CHALLENGE_LIMITS));
    if (retryAfterSeconds > 0) return refuse({ code: "too_many_challenges", retryAfterSeconds });
    return accept(await challenge(deps, tx, caller));
  });

const challenge = async (
  deps: Deps,
  tx: Transaction,
  { clientId, sessionId, address }: Caller,
): Promise<StepUpChallenge> => {
  const challengeId = deps.newId() as ChallengeId;
  const code = newCode();
  const factor = (await hasTotp(tx, clientId)) ? "totp" : "mail";
  const expiresAt = await insertChallenge(tx, {
    ...{ challengeId, clientId, address, factor, sessionId, lifeSeconds: CODE_SECONDS },
    codeHash: factor === "mail" ? deps.seal.stamp(code, challengeId) : randomBytes(32),
  });
  const client = await findProfile(tx, clientId);
  if (factor === "mail" && client !== undefined)
    await sendMail(deps, tx, client.email, stepUpMail(client.firstName, code), CODE_SECONDS);
  return { challengeId, factor, expiresAt };
};

/**
 * Checks the code and issues a token of the same session whose `auth_time` is now. Its roles are
 * those that the database has, because the client may have lost one since the caller's token was
 * issued.
 */
export const finishStepUp = async (
  deps: Deps,
  caller: Caller & { readonly code: string },
): Promise<Outcome<string, StepUpRefusal>> => {
  const { clientId, sessionId } = caller;
  const passed = await deps.database.transaction((tx) => judge(deps, tx, caller));
  if (!passed.ok) return passed;
  const { roles, authTime } = passed.value;
  const tokenId = deps.newId();
  return accept(await deps.tokens.sign({ clientId, roles, sessionId, tokenId, authTime }));
};

type Passed = { readonly roles: readonly string[]; readonly authTime: Date };

const judge = async (
  deps: Deps,
  tx: Transaction,
  caller: Caller & { readonly code: string },
): Promise<Outcome<Passed, StepUpRefusal>> => {
  const { clientId, sessionId, code, correlationId } = caller;
  const challengeId = await liveChallenge(deps, tx, caller);
  if (typeof challengeId !== "string") return challengeId;
  const granted = await spendTry(tx, challengeId, { sessionId });
  const right =
    granted !== undefined && (await isRightCode(deps, tx, { ...granted, challengeId, code }));
  const authTime = right ? await renewAuthTime(tx, sessionId) : undefined;
  if (authTime !== undefined) await passChallenge(tx, challengeId);
  await recordAudit(tx, {
    ...{ clientId, subject: sessionId, correlationId },
    action: authTime === undefined ? "step_up_refused" : "step_up_passed",
  });
  if (granted === undefined || authTime === undefined) return refuse({ code: "invalid_code" });
  return accept({ roles: granted.roles, authTime });
};

/**
 * The challenge of a code. The authenticator app needs no earlier request, so its challenge is
 * created here.
 */
const liveChallenge = async (
  deps: Deps,
  tx: Transaction,
  caller: Caller,
): Promise<ChallengeId | Outcome<never, StepUpRefusal>> => {
  const live = await findStepUpChallenge(tx, caller.sessionId);
  if (live !== undefined) return live;
  if (!(await hasTotp(tx, caller.clientId))) return refuse({ code: "invalid_code" });
  const retryAfterSeconds = secondsToWait(await countChallenges(tx, caller, CHALLENGE_LIMITS));
  if (retryAfterSeconds > 0) return refuse({ code: "too_many_challenges", retryAfterSeconds });
  return (await challenge(deps, tx, caller)).challengeId;
};
