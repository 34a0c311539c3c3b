import type { ClientId } from "../../layers/domain/identifiers.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { endSession, lockRefreshToken } from "../../layers/store/identity/sessions.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Session = { readonly sessionId: string; readonly clientId: ClientId };

/** Ends the session of a refresh token; an unknown token changes nothing. */
export const logoutByRefreshToken = (
  { database }: { readonly database: Database },
  {
    refreshToken,
    correlationId,
  }: { readonly refreshToken: string; readonly correlationId: string },
): Promise<void> =>
  database.transaction(async (tx) => {
    const found = await lockRefreshToken(tx, hashToken(refreshToken));
    if (found !== undefined) await end(tx, found, correlationId);
  });

/** Ends a session. */
export const logout = (
  { database }: { readonly database: Database },
  { correlationId, ...session }: Session & { readonly correlationId: string },
): Promise<void> => database.transaction((tx) => end(tx, session, correlationId));

const end = async (
  tx: Transaction,
  { sessionId, clientId }: Session,
  correlationId: string,
): Promise<void> => {
  if (!(await endSession(tx, { sessionId, clientId, reason: "logout" }))) return;
  await recordAudit(tx, { clientId, action: "logged_out", subject: sessionId, correlationId });
};
