import type { ClientId } from "../../layers/domain/identifiers.ts";
import { securityMail } from "../../layers/domain/identity/account-mail.ts";
import { API_KEYS_MAX, type ApiKey } from "../../layers/domain/identity/api-key.ts";
import type { Scope } from "../../layers/domain/identity/session.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { newApiKey } from "../../layers/platform/credentials/api-keys.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { insertKey, revokeKey } from "../../layers/store/identity/api-keys.ts";
import { findProfile } from "../../layers/store/identity/clients.ts";
import { lockSession } from "../../layers/store/identity/sessions.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly seal: Seal;
};

type NewKey = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly allowedIps: readonly string[];
  readonly expiresAt: Date | undefined;
  readonly correlationId: string;
};

type CreateKeyRefusal = { readonly code: "expires_at_passed" | "too_many_api_keys" };

/**
 * Stores the hash of a new key, notifies its owner by mail, and returns the key. Throws SessionEnded
 * when the session of the request has ended meanwhile.
 */
export const createApiKey = (
  deps: Deps,
  request: NewKey,
): Promise<Outcome<ApiKey & { readonly text: string }, CreateKeyRefusal>> =>
  deps.database.transaction(async (tx) => {
    const { clientId, name, allowedIps, expiresAt, correlationId } = request;
    const createdAt = deps.clock();
    if (expiresAt !== undefined && expiresAt <= createdAt)
      return refuse({ code: "expires_at_passed" });
    await lockSession(tx, request);
    const { keyId, secret, text } = newApiKey();
    const scopes = [...new Set(request.scopes)].sort();
    const key = { keyId, clientId, name, scopes, allowedIps, createdAt, expiresAt };
    const secretHash = hashToken(secret);
    if (!(await insertKey(tx, { ...key, secretHash }, API_KEYS_MAX)))
      return refuse({ code: "too_many_api_keys" });
    const client = await findProfile(tx, clientId);
    if (client !== undefined)
      await sendMail(deps, tx, client.email, securityMail(client.firstName, CREATED));
    await recordAudit(tx, {
      ...{ clientId, action: "api_key_created", subject: keyId, correlationId },
      facts: { scopes: scopes.join(" ") },
    });
    return accept({ ...key, lastUsedAt: undefined, text });
  });

const CREATED = "a new API key was created for your account.";

/** Revokes one of the client's keys; false when there is no such key. */
export const revokeApiKey = (
  { database }: Deps,
  request: { readonly clientId: ClientId; readonly keyId: string; readonly correlationId: string },
): Promise<boolean> =>
  database.transaction(async (tx) => {
    const { clientId, keyId, correlationId } = request;
    if (!(await revokeKey(tx, clientId, keyId))) return false;
    const action = "api_key_revoked";
    await recordAudit(tx, { clientId, action, subject: keyId, correlationId });
    return true;
  });
