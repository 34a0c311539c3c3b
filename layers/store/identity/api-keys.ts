import type { ClientId } from "../../domain/identifiers.ts";
import type { ApiKey } from "../../domain/identity/api-key.ts";
import type { Scope } from "../../domain/identity/session.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";

/** A valid key, with the hash that its secret must match. */
export type UsableKey = ApiKey & { readonly clientId: ClientId; readonly secretHash: Buffer };

type Row = {
  readonly key_id: string;
  readonly client_id: ClientId;
  readonly secret_hash: Buffer;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly allowed_ips: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
};

const COLUMNS = fragment`
  key_id, api_key.client_id, secret_hash, name, scopes, allowed_ips, api_key.created_at, expires_at,
  last_used_at`;

const toKey = (row: Row): UsableKey => ({
  keyId: row.key_id,
  clientId: row.client_id,
  secretHash: row.secret_hash,
  name: row.name,
  scopes: row.scopes,
  allowedIps: row.allowed_ips,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

/** The key with this id, unless it is revoked or expired or its client is not active. */
export const findUsableKey = async (
  db: Executor,
  keyId: string,
): Promise<UsableKey | undefined> => {
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS}
    from identity.api_key
    join identity.client using (client_id)
    where key_id = ${keyId}
      and revoked_at is null
      and (expires_at is null or expires_at > now())
      and client.status = 'active'`);
  return rows[0] && toKey(rows[0]);
};

/** Records that the key was used, at most once a minute. */
export const touchKey = async (db: Executor, keyId: string): Promise<void> => {
  await db.query(sql`
    update identity.api_key
    set last_used_at = now()
    where key_id = ${keyId}
      and (last_used_at is null or last_used_at < now() - interval '1 minute')`);
};

/** The client's keys that are not revoked, oldest first. */
export const listKeys = async (db: Executor, clientId: ClientId): Promise<readonly ApiKey[]> => {
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS}
    from identity.api_key
    where client_id = ${clientId} and revoked_at is null
    order by created_at, key_id`);
  return rows.map(toKey);
};

/** Stores a key, unless the client has reached the limit; returns whether it was stored. */
export const insertKey = async (
  tx: Transaction,
  key: Omit<UsableKey, "lastUsedAt">,
  keysMax: number,
): Promise<boolean> => {
  await tx.query(sql`select from identity.client where client_id = ${key.clientId} for update`);
  const { count } = await tx.query(sql`
    insert into identity.api_key (
      key_id, client_id, secret_hash, name, scopes, allowed_ips, created_at, expires_at)
    select ${key.keyId}, ${key.clientId}::uuid, ${key.secretHash}, ${key.name}, ${key.scopes}::text[],
      ${key.allowedIps}::text[], ${key.createdAt}, ${key.expiresAt ?? null}
    where (
      select count(*) from identity.api_key
      where client_id = ${key.clientId} and revoked_at is null) < ${keysMax}`);
  return count === 1;
};

/** Revokes one of the client's keys; returns whether there was such a key. */
export const revokeKey = async (
  db: Executor,
  clientId: ClientId,
  keyId: string,
): Promise<boolean> => {
  const { count } = await db.query(sql`
    update identity.api_key
    set revoked_at = now()
    where client_id = ${clientId} and key_id = ${keyId} and revoked_at is null`);
  return count === 1;
};

/** Revokes all keys of a client. */
export const revokeKeys = async (db: Executor, clientId: ClientId): Promise<void> => {
  await db.query(sql`
    update identity.api_key
    set revoked_at = now()
    where client_id = ${clientId} and revoked_at is null`);
};
