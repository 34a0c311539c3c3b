import type { ClientId } from "../../layers/domain/identifiers.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { endOtherSessions, endSession } from "../../layers/store/identity/sessions.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Request = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly correlationId: string;
};

/** Ends one session of the client; returns false when the client has no such session. */
export const endOwnSession = (
  { database }: { readonly database: Database },
  { clientId, sessionId, correlationId }: Request,
): Promise<boolean> =>
  database.transaction(async (tx) => {
    const ended = await endSession(tx, { clientId, sessionId, reason: "signed_out" });
    if (ended)
      await recordAudit(tx, {
        ...{ clientId, action: "session_ended", subject: sessionId, correlationId },
      });
    return ended;
  });

/** Ends all sessions of the client except this one. */
export const endAllOtherSessions = (
  { database }: { readonly database: Database },
  { clientId, sessionId, correlationId }: Request,
): Promise<number> =>
  database.transaction(async (tx) => {
    const ended = await endOtherSessions(tx, {
      ...{ clientId, keep: sessionId, reason: "signed_out" },
    });
    await recordAudit(tx, {
      ...{ clientId, action: "other_sessions_ended", subject: sessionId, correlationId },
      facts: { ended },
    });
    return ended;
  });
