import type { ClientId } from "../../domain/identifiers.ts";
import type { PresentedRefresh, SessionEnd } from "../../domain/identity/session.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/** Creates a session with its first refresh token, of which only the hash is stored. */
export const beginSession = async (
  tx: Transaction,
  session: {
    readonly sessionId: string;
    readonly clientId: ClientId;
    readonly refreshTokenHash: Uint8Array;
    readonly refreshLifeSeconds: number;
    readonly address: string;
    readonly userAgent: string;
  },
): Promise<Date> => {
  const { rows } = await tx.query<{ auth_time: Date }>(sql`
    insert into identity.session (session_id, client_id, address, user_agent, expires_at)
    values (
      ${session.sessionId}, ${session.clientId}, ${session.address}, ${session.userAgent},
      now() + make_interval(secs => ${session.refreshLifeSeconds}))
    returning auth_time`);
  await insertRefreshToken(tx, {
    ...{ sessionId: session.sessionId, hash: session.refreshTokenHash },
    lifeSeconds: session.refreshLifeSeconds,
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`session ${session.sessionId} was not stored`);
  return row.auth_time;
};

const insertRefreshToken = async (
  tx: Transaction,
  token: {
    readonly sessionId: string;
    readonly hash: Uint8Array;
    readonly lifeSeconds: number;
  },
): Promise<void> => {
  await tx.query(sql`
    insert into identity.refresh_token (token_hash, session_id, expires_at)
    values (${token.hash}, ${token.sessionId}, now() + make_interval(secs => ${token.lifeSeconds}))`);
};

/** The session of a request has ended while the request was processed. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}

/**
 * Locks the client and the session of a request that creates a lasting right, such as an API key. A
 * password reset or a suspension of the same moment either waits and then finds what was created, or
 * comes first: then this throws SessionEnded.
 */
export const lockSession = async (
  tx: Transaction,
  { clientId, sessionId }: { readonly clientId: ClientId; readonly sessionId: string },
): Promise<void> => {
  const client = await tx.query(sql`
    select from identity.client where client_id = ${clientId} and status = 'active' for update`);
  // A statement of its own, because it must see what was committed during the wait for the client.
  const session = await tx.query(sql`
    select from identity.session
    where session_id = ${sessionId} and client_id = ${clientId} and ended_at is null
    for share`);
  if (client.count === 0 || session.count === 0)
    throw new SessionEnded(`session ${sessionId} has ended`);
};

/** A refresh token that was sent, with its session and client. */
export type FoundRefresh = PresentedRefresh & {
  readonly sessionId: string;
  readonly clientId: ClientId;
  readonly roles: readonly string[];
  readonly authTime: Date;
  /** When the token was first used; the time of this transaction when that is now. */
  readonly usedAt: Date;
};

/**
 * Finds a refresh token and locks its session, so that two requests are processed one after the
 * other.
 */
export const lockRefreshToken = async (
  tx: Transaction,
  hash: Uint8Array,
): Promise<FoundRefresh | undefined> => {
  await tx.query(sql`
    select from identity.session
    join identity.refresh_token using (session_id)
    where token_hash = ${hash}
    for update of session`);
  const { rows } = await tx.query<{
    session_id: string;
    client_id: ClientId;
    roles: readonly string[];
    auth_time: Date;
    used_at: Date;
    expired: boolean;
    session_ended: boolean;
    client_active: boolean;
    seconds_since_use: number | null;
  }>(sql`
    select session_id, client_id, roles, auth_time,
      coalesce(used_at, clock_timestamp()) as used_at,
      refresh_token.expires_at <= now() as expired,
      ended_at is not null as session_ended,
      client.status = 'active' as client_active,
      extract(epoch from clock_timestamp() - used_at)::float8 as seconds_since_use
    from identity.refresh_token
    join identity.session using (session_id)
    join identity.client using (client_id)
    where token_hash = ${hash}`);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    sessionId: row.session_id,
    clientId: row.client_id,
    roles: row.roles,
    authTime: row.auth_time,
    usedAt: row.used_at,
    expired: row.expired,
    sessionEnded: row.session_ended,
    clientActive: row.client_active,
    secondsSinceUse: row.seconds_since_use ?? undefined,
  };
};

/** Which of these hashes is stored as one of a refresh token. */
export const findRefreshHash = async (
  db: Executor,
  hashes: readonly Buffer[],
): Promise<Buffer | undefined> => {
  const { rows } = await db.query<{ token_hash: Buffer }>(sql`
    select token_hash from identity.refresh_token where token_hash = any(${hashes}::bytea[])`);
  return rows[0]?.token_hash;
};

/** Marks a refresh token as used and stores its successor. */
export const rotateRefreshToken = async (
  tx: Transaction,
  token: {
    readonly sessionId: string;
    readonly hash: Uint8Array;
    readonly usedAt: Date;
    readonly successorHash: Uint8Array;
    readonly lifeSeconds: number;
    readonly address: string;
  },
): Promise<void> => {
  const { sessionId, lifeSeconds } = token;
  await tx.query(sql`
    update identity.refresh_token set used_at = ${token.usedAt} where token_hash = ${token.hash}`);
  await insertRefreshToken(tx, { sessionId, hash: token.successorHash, lifeSeconds });
  await tx.query(sql`
    update identity.session
    set last_used_at = now(),
      address = ${token.address},
      expires_at = now() + make_interval(secs => ${lifeSeconds})
    where session_id = ${sessionId}`);
};

/** Ends a session of a client; returns whether it was valid until then. */
export const endSession = async (
  db: Executor,
  session: { readonly sessionId: string; readonly clientId: ClientId; readonly reason: SessionEnd },
): Promise<boolean> => {
  const { count } = await db.query(sql`
    update identity.session
    set ended_at = now(), end_reason = ${session.reason}
    where session_id = ${session.sessionId}
      and client_id = ${session.clientId}
      and ended_at is null`);
  return count === 1;
};

/** Ends all sessions of a client but one; returns how many. */
export const endOtherSessions = async (
  db: Executor,
  sessions: {
    readonly clientId: ClientId;
    readonly keep: string | undefined;
    readonly reason: SessionEnd;
  },
): Promise<number> => {
  const { count } = await db.query(sql`
    update identity.session
    set ended_at = now(), end_reason = ${sessions.reason}
    where client_id = ${sessions.clientId}
      and ended_at is null
      and session_id is distinct from ${sessions.keep ?? null}::uuid`);
  return count;
};

/**
 * Records that the client of a session proved a second factor now; undefined when the session has
 * ended.
 */
export const renewAuthTime = async (
  tx: Transaction,
  sessionId: string,
): Promise<Date | undefined> => {
  const { rows } = await tx.query<{ auth_time: Date }>(sql`
    update identity.session
    set auth_time = now(), last_used_at = now()
    where session_id = ${sessionId} and ended_at is null
    returning auth_time`);
  return rows[0]?.auth_time;
};

export type SessionView = {
  readonly sessionId: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly address: string;
  readonly userAgent: string;
};

const SESSIONS_LISTED_MAX = 100;

/** The client's valid sessions, newest first. */
export const listSessions = async (
  db: Executor,
  clientId: ClientId,
): Promise<readonly SessionView[]> => {
  const { rows } = await db.query<{
    session_id: string;
    created_at: Date;
    last_used_at: Date;
    expires_at: Date;
    address: string;
    user_agent: string;
  }>(sql`
    select session_id, created_at, last_used_at, expires_at, address, user_agent
    from identity.session
    where client_id = ${clientId} and ended_at is null and expires_at > now()
    order by created_at desc, session_id
    limit ${SESSIONS_LISTED_MAX}`);
  return rows.map((row) => ({
    sessionId: row.session_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    address: row.address,
    userAgent: row.user_agent,
  }));
};
