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

/**
 * Exchanges a refresh token for a new pair. The new refresh token is derived from the old one and
 * the server's secret, so that a repeated request within the grace time gets the same pair although
 * only hashes are stored.
 */
export const refreshSession = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<TokenPair, RefreshRefusal>> => {
  const { refreshToken } = request;
  const successor = deps.seal.stamp(refreshToken, "refresh token").toString("base64url");
  const found = await deps.database.transaction((tx) => exchange(deps, tx, request, successor));
  if (!found.ok) return found;
  const { clientId, roles, sessionId, authTime, usedAt } = found.value;
  const token = await deps.tokens.sign({
    ...{ clientId, roles, sessionId, authTime, issuedAt: usedAt },
    tokenId: hashToken(successor).toString("base64url"),
  });
  return accept({ token, refreshToken: successor });
};

const exchange = async (
  { config }: Deps,
  tx: Transaction,
  { refreshToken, address, correlationId }: Request,
  successor: string,
): Promise<Outcome<FoundRefresh, RefreshRefusal>> => {
  const hash = hashToken(refreshToken);
  const found = await lockRefreshToken(tx, hash);
  const judged = judgeRefresh(found);
  if (!judged.ok) {
    if (found !== undefined && judged.failure.reused)
      await endCopied(tx, found, { address, correlationId });
    return judged;
  }
  if (found === undefined) throw new Error("a refresh token that does not exist was accepted");
  if (judged.value === "rotate")
    await rotateRefreshToken(tx, {
      ...{ sessionId: found.sessionId, hash, usedAt: found.usedAt, address },
      ...{ successorHash: hashToken(successor), lifeSeconds: config.refreshTtlSeconds },
    });
  return accept(found);
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
