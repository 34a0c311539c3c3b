import type { ClientId } from "../../domain/identifiers.ts";
import { sql, type Transaction } from "../pg/database.ts";

/** Begins a session with its first refresh token, of which only the hash is stored. */
export const beginSession = async (
  tx: Transaction,
  session: {
    readonly sessionId: string;
    readonly clientId: ClientId;
    readonly refreshTokenHash: Uint8Array;
    readonly refreshLifeSeconds: number;
  },
): Promise<void> => {
  await tx.query(sql`
    insert into identity.session (session_id, client_id)
    values (${session.sessionId}, ${session.clientId})
  `);
  await tx.query(sql`
    insert into identity.refresh_token (token_hash, session_id, expires_at)
    values (
      ${session.refreshTokenHash},
      ${session.sessionId},
      now() + make_interval(secs => ${session.refreshLifeSeconds})
    )
  `);
};
