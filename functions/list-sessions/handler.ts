import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { listSessions } from "../../layers/store/identity/sessions.ts";
import { listSessionsContract } from "./contract.ts";

export const handler = endpoint(runtime, listSessionsContract, async ({ client, credential }) => {
  const sessions = await listSessions(runtime.database, client);
  return {
    status: 200,
    body: {
      sessions: sessions.map((session) => ({
        session_id: session.sessionId,
        created_at: session.createdAt.toISOString(),
        last_used_at: session.lastUsedAt.toISOString(),
        expires_at: session.expiresAt.toISOString(),
        address: session.address,
        user_agent: session.userAgent,
        current: session.sessionId === credential.id,
      })),
    },
  };
});
