import { LRUCache } from "lru-cache";
import { isUuid } from "../../domain/identifiers.ts";
import type { Principal } from "../../domain/identity/session.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Executor, sql } from "../pg/database.ts";

/**
 * Returns the principals that are still valid: an active client with a session that has not ended,
 * or with an API key that is neither revoked nor expired. Servers with open connections ask for all
 * of them at once.
 */
export const findValid = async <Subject extends Principal>(
  db: Executor,
  principals: readonly Subject[],
): Promise<ReadonlySet<Subject>> => {
  const { rows } = await db.query<{ readonly n: bigint }>(sql`
    select n
    from unnest(
      ${principals.map(({ clientId }) => uuidOrNull(clientId))}::uuid[],
      ${principals.map(sessionOf)}::uuid[],
      ${principals.map(keyOf)}::text[]
    ) with ordinality as asked (client_id, session_id, key_id, n)
    join identity.client using (client_id)
    where client.status = 'active'
      and (
        exists (
          select from identity.session
          where session.session_id = asked.session_id
            and session.client_id = asked.client_id
            and session.ended_at is null)
        or exists (
          select from identity.api_key
          where api_key.key_id = asked.key_id
            and api_key.client_id = asked.client_id
            and api_key.revoked_at is null
            and (api_key.expires_at is null or api_key.expires_at > now())))`);
  return new Set(
    rows.flatMap(({ n }) => {
      const principal = principals[Number(n) - 1];
      return principal === undefined ? [] : [principal];
    }),
  );
};

const uuidOrNull = (text: string): string | null => (isUuid(text) ? text : null);
const sessionOf = ({ credential: { kind, id } }: Principal): string | null =>
  kind === "session" ? uuidOrNull(id) : null;
const keyOf = ({ credential: { kind, id } }: Principal): string | null =>
  kind === "api_key" ? id : null;

/** Sessions and keys must be refused within five seconds of their end: this time plus one query. */
const TRUSTED_MS = 2_000;
const REMEMBERED_MAX = 20_000;

/** Returns whether a credential is valid. */
export type CredentialValidity = {
  /** A cached result may be two seconds old. A `new` one is for actions that a credential that has just ended must not allow. */
  readonly isValid: (principal: Principal, freshness?: "cached" | "new") => Promise<boolean>;
};

type Known = { readonly askedAt: number; readonly inForce: Promise<boolean> };

/**
 * Caches each answer with the time of its question. The age is measured by the wall clock, which
 * continues while a Lambda function is frozen; an answer with a time in the future is not used.
 */
export const createCredentialValidity = (db: Executor, clock: Clock): CredentialValidity => {
  const known = new LRUCache<string, Known>({ max: REMEMBERED_MAX });
  const isValid: CredentialValidity["isValid"] = async (principal, freshness = "cached") => {
    const { kind, id } = principal.credential;
    const name = `${kind} ${id} ${principal.clientId}`;
    const now = clock().getTime();
    const earlier = known.get(name);
    const age = now - (earlier?.askedAt ?? Number.POSITIVE_INFINITY);
    if (freshness === "cached" && earlier !== undefined && age >= 0 && age < TRUSTED_MS)
      return earlier.inForce;
    const inForce = findValid(db, [principal]).then((found) => found.has(principal));
    known.set(name, { askedAt: now, inForce });
    inForce.catch(() => known.delete(name));
    return inForce;
  };
  return { isValid };
};
