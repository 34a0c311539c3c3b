import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { hashToken } from "../../layers/platform/secrets.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { activateClient, type KnownClient } from "../../layers/store/identity/clients.ts";
import { useVerification } from "../../layers/store/identity/verifications.ts";
import type { Database } from "../../layers/store/pg/database.ts";

export type VerifyRefusal = { readonly code: "invalid_verification_token" };

/** Uses the link, makes the client active and opens the cash account, all or nothing. */
export const verifyEmail = (
  { database }: { readonly database: Database },
  { token, correlationId }: { readonly token: string; readonly correlationId: string },
): Promise<Outcome<KnownClient, VerifyRefusal>> =>
  database.transaction(async (tx) => {
    const clientId = await useVerification(tx, hashToken(token));
    const client = clientId && (await activateClient(tx, clientId));
    if (!client) return refuse({ code: "invalid_verification_token" });

    await recordAudit(tx, {
      ...{ clientId, action: "client_verified", subject: client.clientId, correlationId },
    });
    return accept(client);
  });
