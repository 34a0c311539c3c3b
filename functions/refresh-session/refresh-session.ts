import {
  judgeRefresh,
  type RefreshRefusal,
  type TokenPair,
} from "../../layers/domain/identity/session.ts";
import { accept, type Outcome } from "../../layers/domain/outcome.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import type { Tokens } from "../../layers/platform/credentials/tokens.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import {
  endSession,
  type FoundRefresh,
  findRefreshHash,
  lockRefreshToken,
  rotateRefreshToken,
} from "../../layers/store/identity/sessions.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly config: { readonly refreshTtlSeconds: number };
  readonly database: Database;
  readonly seal: Seal;
  readonly tokens: Tokens;
};

type Request = {
  readonly refreshToken: string;
  readonly address: string;
  readonly correlationId: string;
};

const PURPOSE = "refresh token";
const textOf = (stamp: Buffer): string => stamp.toString("base64url");

/**
 * Exchanges a refresh token for a new pair. The new refresh token is derived from the old one and
 * the server's secret, so that a repeated request within the grace time gets the same pair although
 * only hashes are stored.
 */
export const refreshSession = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<TokenPair, RefreshRefusal>> => {
  const found = await deps.database.transaction((tx) => exchange(deps, tx, request));
  if (!found.ok) return found;
  const { clientId, roles, sessionId, authTime, usedAt, successor } = found.value;
  const token = await deps.tokens.sign({
    ...{ clientId, roles, sessionId, authTime, issuedAt: usedAt },
    tokenId: hashToken(successor).toString("base64url"),
  });
  return accept({ token, refreshToken: successor });
};

const exchange = async (
  { config, seal }: Deps,
  tx: Transaction,
  { refreshToken, address, correlationId }: Request,
): Promise<Outcome<FoundRefresh & { readonly successor: string }, RefreshRefusal>> => {
  const hash = hashToken(refreshToken);
  const found = await lockRefreshToken(tx, hash);
  const judged = judgeRefresh(found);
  if (!judged.ok) {
    if (found !== undefined && judged.failure.reused)
      await endCopied(tx, found, { address, correlationId });
    return judged;
  }
  if (found === undefined) throw new Error("a refresh token that does not exist was accepted");
  const successor = textOf(seal.stamp(refreshToken, PURPOSE));
  if (judged.value === "repeat") {
    // The secret may have changed since the first request.
    const derived = seal.stamps(refreshToken, PURPOSE).map(textOf);
    const stored = await findRefreshHash(tx, derived.map(hashToken));
    const first = derived.find((token) => stored?.equals(hashToken(token)));
    return accept({ ...found, successor: first ?? successor });
  }
  await rotateRefreshToken(tx, {
    ...{ sessionId: found.sessionId, hash, usedAt: found.usedAt, address },
    ...{ successorHash: hashToken(successor), lifeSeconds: config.refreshTtlSeconds },
  });
  return accept({ ...found, successor });
};

/** Two parties have the token, so the session ends for both. */
const endCopied = async (
  tx: Transaction,
  { sessionId, clientId }: FoundRefresh,
  { address, correlationId }: { readonly address: string; readonly correlationId: string },
): Promise<void> => {
  await endSession(tx, { sessionId, clientId, reason: "refresh_reuse" });
  await recordAudit(tx, {
    ...{ clientId, action: "refresh_token_reused", subject: sessionId, correlationId },
    facts: { address },
  });
};
