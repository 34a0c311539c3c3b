import type { ClientId } from "../../domain/identifiers.ts";
import type { Credential, Principal } from "../../domain/identity/session.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A socket that API Gateway holds, and the client that it belongs to. */
export type StoredConnection = Principal<ClientId> & {
  readonly connectionId: string;
  readonly protocol: string;
  readonly expiresAt: Date;
};

/** Notified when a client connects, sends a text or disconnects. */
export const CABLE_CHANNEL = "brokerx_cable";

/**
 * A worker that was not seen for this long counts as gone; its connections are asked to reconnect.
 */
export const WORKER_GONE_SECONDS = 10;
/** More texts than a client may send, so that the worker sees that the client sent too many. */
const TEXTS_WAITING_MAX = 100;
/** Rows taken by one statement. */
const BATCH = 200;

/**
 * Stores a new connection, unless no worker could serve it or the client has too many. Handshakes at
 * the same moment may exceed the limit by a few.
 */
export const insertConnection = async (
  db: Executor,
  connection: StoredConnection,
  maxPerClient: number,
): Promise<"inserted" | "no_worker" | "too_many"> => {
  const { connectionId, clientId, credential, protocol, expiresAt } = connection;
  const { rows } = await db.query<{
    readonly outcome: "inserted" | "no_worker" | "too_many";
  }>(sql`
    with checked as (
      select case
        when not exists (
          select from market.feed_worker
          where seen_at > now() - make_interval(secs => ${WORKER_GONE_SECONDS}))
          then 'no_worker'
        when (select count(*) from market.connection
          where client_id = ${clientId} and not closed) >= ${maxPerClient}::int
          then 'too_many'
        else 'inserted'
      end as outcome
    ), inserted as (
      insert into market.connection (
        connection_id, client_id, credential_kind, credential_id, protocol, expires_at)
      select
        ${connectionId}, ${clientId}, ${credential.kind}, ${credential.id}, ${protocol}, ${expiresAt}
      from checked
      where outcome = 'inserted'
      returning connection_id
    ), notified as (
      select pg_notify(${CABLE_CHANNEL}, '') from inserted
    )
    select outcome, (select count(*) from notified) from checked`);
  return rows[0]?.outcome ?? "no_worker";
};

/**
 * Stores a text until the worker takes it. Returns false when the connection is unknown or too many of
 * its texts are waiting.
 */
export const insertText = async (
  db: Executor,
  connectionId: string,
  text: string,
): Promise<boolean> => {
  const { count } = await db.query(sql`
    with inserted as (
      insert into market.connection_text (connection_id, text)
      select connection_id, ${text}
      from market.connection
      where connection_id = ${connectionId}
        and not closed
        and (select count(*) from market.connection_text
          where connection_id = ${connectionId}) < ${TEXTS_WAITING_MAX}
      returning text_id
    )
    select pg_notify(${CABLE_CHANNEL}, '') from inserted`);
  return count === 1;
};

/** Marks a connection as closed for its worker, or deletes it when no worker has taken it. */
export const closeConnection = async (db: Executor, connectionId: string): Promise<void> => {
  await db.query(sql`
    with marked as (
      update market.connection
      set closed = true
      where connection_id = ${connectionId} and worker is not null
      returning connection_id
    ), deleted as (
      delete from market.connection where connection_id = ${connectionId} and worker is null
    )
    select pg_notify(${CABLE_CHANNEL}, '') from marked`);
};

/** Deletes connections that have ended, with the texts that were still waiting. */
export const deleteConnections = async (
  db: Executor,
  connectionIds: readonly string[],
): Promise<void> => {
  await db.query(sql`
    delete from market.connection where connection_id = any(${connectionIds}::text[])`);
};

/** Records that a worker is alive. */
export const touchWorker = async (db: Executor, worker: string): Promise<void> => {
  await db.query(sql`
    insert into market.feed_worker (name, seen_at)
    values (${worker}, now())
    on conflict (name) do update set seen_at = excluded.seen_at`);
};

export const deleteWorker = async (db: Executor, worker: string): Promise<void> => {
  await db.query(sql`delete from market.feed_worker where name = ${worker}`);
};

type ConnectionRow = {
  readonly connection_id: string;
  readonly client_id: ClientId;
  readonly credential_kind: Credential["kind"];
  readonly credential_id: string;
  readonly protocol: string;
  readonly expires_at: Date;
};

/** Assigns connections without a worker to this one; each is assigned once. */
export const takeConnections = async (
  db: Executor,
  worker: string,
): Promise<readonly StoredConnection[]> => {
  const { rows } = await db.query<ConnectionRow>(sql`
    update market.connection
    set worker = ${worker}
    where connection_id in (
      select connection_id
      from market.connection
      where worker is null
      order by connection_id
      limit ${BATCH}
      for update skip locked)
    returning connection_id, client_id, credential_kind, credential_id, protocol, expires_at`);
  return rows.map((row) => ({
    connectionId: row.connection_id,
    clientId: row.client_id,
    credential: { kind: row.credential_kind, id: row.credential_id },
    protocol: row.protocol,
    expiresAt: row.expires_at,
  }));
};

/** Takes the waiting texts of a worker's connections, oldest first. */
export const takeTexts = async (
  db: Executor,
  worker: string,
): Promise<readonly { readonly connectionId: string; readonly text: string }[]> => {
  const { rows } = await db.query<{ readonly connection_id: string; readonly text: string }>(sql`
    with taken as (
      delete from market.connection_text
      where text_id in (
        select text_id
        from market.connection_text
        join market.connection using (connection_id)
        where worker = ${worker}
        order by text_id
        limit ${BATCH})
      returning text_id, connection_id, text
    )
    select connection_id, text from taken order by text_id`);
  return rows.map((row) => ({ connectionId: row.connection_id, text: row.text }));
};

/** Deletes and returns a worker's connections that the client has closed. */
export const takeClosed = async (db: Executor, worker: string): Promise<readonly string[]> => {
  const { rows } = await db.query<{ readonly connection_id: string }>(sql`
    delete from market.connection
    where worker = ${worker} and closed
    returning connection_id`);
  return rows.map(({ connection_id }) => connection_id);
};

/** Deletes and returns connections whose worker is gone: their subscriptions are lost. */
export const takeOrphans = async (db: Executor): Promise<readonly string[]> => {
  const { rows } = await db.query<{ readonly connection_id: string }>(sql`
    with gone as (
      delete from market.feed_worker
      where seen_at < now() - make_interval(secs => ${WORKER_GONE_SECONDS})
    )
    delete from market.connection
    where connection_id in (
      select connection_id
      from market.connection
      where worker is not null
        and not exists (
          select from market.feed_worker
          where name = connection.worker
            and seen_at >= now() - make_interval(secs => ${WORKER_GONE_SECONDS}))
      order by connection_id
      limit ${BATCH}
      for update skip locked)
    returning connection_id`);
  return rows.map(({ connection_id }) => connection_id);
};
