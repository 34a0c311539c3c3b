import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A socket that API Gateway holds, and whom it speaks for. */
export type Connection = {
  readonly connectionId: string;
  readonly clientId: ClientId;
  readonly protocol: string;
  readonly expiresAt: Date;
};

/** Rung when somebody connects, says something or leaves. */
export const CABLE_CHANNEL = "brokerx_cable";

/** A speaker that was not seen for so long is gone, and others take care of its connections. */
export const SPEAKER_GONE_SECONDS = 10;
/** More than a client may say before it is told to leave, so that its speaker sees that it did. */
const TEXTS_WAITING_MAX = 100;
const TAKEN_AT_ONCE = 200;

/** Keeps who connected; false when there is nobody who could speak to it. */
export const keepConnection = async (db: Executor, connection: Connection): Promise<boolean> => {
  const { connectionId, clientId, protocol, expiresAt } = connection;
  const { count } = await db.query(sql`
    with kept as (
      insert into market.connection (connection_id, client_id, protocol, expires_at)
      select ${connectionId}, ${clientId}, ${protocol}, ${expiresAt}
      where exists (
        select from market.speaker
        where seen_at > now() - make_interval(secs => ${SPEAKER_GONE_SECONDS}))
      returning connection_id
    )
    select pg_notify(${CABLE_CHANNEL}, '') from kept`);
  return count === 1;
};

/** Keeps what a client said, until its speaker takes it; false when it is unknown, or says too much. */
export const keepText = async (
  db: Executor,
  connectionId: string,
  text: string,
): Promise<boolean> => {
  const { count } = await db.query(sql`
    with kept as (
      insert into market.connection_text (connection_id, text)
      select connection_id, ${text}
      from market.connection
      where connection_id = ${connectionId}
        and not closed
        and (select count(*) from market.connection_text
          where connection_id = ${connectionId}) < ${TEXTS_WAITING_MAX}
      returning text_id
    )
    select pg_notify(${CABLE_CHANNEL}, '') from kept`);
  return count === 1;
};

/** The client has left: its speaker is told; without one nobody needs to be. */
export const closeConnection = async (db: Executor, connectionId: string): Promise<void> => {
  await db.query(sql`
    with marked as (
      update market.connection
      set closed = true
      where connection_id = ${connectionId} and speaker is not null
      returning connection_id
    ), forgotten as (
      delete from market.connection where connection_id = ${connectionId} and speaker is null
    )
    select pg_notify(${CABLE_CHANNEL}, '') from marked`);
};

/** Forgets connections that are over, and whatever was still said on them. */
export const forgetConnections = async (
  db: Executor,
  connectionIds: readonly string[],
): Promise<void> => {
  await db.query(sql`
    delete from market.connection where connection_id = any(${connectionIds}::text[])`);
};

/** Says that a speaker is there. */
export const showSpeaker = async (db: Executor, name: string): Promise<void> => {
  await db.query(sql`
    insert into market.speaker (name, seen_at)
    values (${name}, now())
    on conflict (name) do update set seen_at = excluded.seen_at`);
};

export const forgetSpeaker = async (db: Executor, name: string): Promise<void> => {
  await db.query(sql`delete from market.speaker where name = ${name}`);
};

type ConnectionRow = {
  readonly connection_id: string;
  readonly client_id: string;
  readonly protocol: string;
  readonly expires_at: Date;
};

/** Takes on connections that nobody speaks to yet; each is taken on by one. */
export const takeConnections = async (
  db: Executor,
  speaker: string,
): Promise<readonly Connection[]> => {
  const { rows } = await db.query<ConnectionRow>(sql`
    update market.connection
    set speaker = ${speaker}
    where connection_id in (
      select connection_id
      from market.connection
      where speaker is null
      order by connection_id
      limit ${TAKEN_AT_ONCE}
      for update skip locked)
    returning connection_id, client_id, protocol, expires_at`);
  return rows.map((row) => ({
    connectionId: row.connection_id,
    clientId: row.client_id as ClientId,
    protocol: row.protocol,
    expiresAt: row.expires_at,
  }));
};

/** Takes what was said on a speaker's connections, in the order in which it was said. */
export const takeTexts = async (
  db: Executor,
  speaker: string,
): Promise<readonly { readonly connectionId: string; readonly text: string }[]> => {
  const { rows } = await db.query<{ readonly connection_id: string; readonly text: string }>(sql`
    with taken as (
      delete from market.connection_text
      where text_id in (
        select text_id
        from market.connection_text
        join market.connection using (connection_id)
        where speaker = ${speaker}
        order by text_id
        limit ${TAKEN_AT_ONCE})
      returning text_id, connection_id, text
    )
    select connection_id, text from taken order by text_id`);
  return rows.map((row) => ({ connectionId: row.connection_id, text: row.text }));
};

/** Takes a speaker's connections that are over out of the list. */
export const takeClosed = async (db: Executor, speaker: string): Promise<readonly string[]> => {
  const { rows } = await db.query<{ readonly connection_id: string }>(sql`
    delete from market.connection
    where speaker = ${speaker} and closed
    returning connection_id`);
  return rows.map(({ connection_id }) => connection_id);
};

/** Takes connections out of the list whose speakers are gone: what these had subscribed to is lost. */
export const takeOrphans = async (db: Executor): Promise<readonly string[]> => {
  const { rows } = await db.query<{ readonly connection_id: string }>(sql`
    with gone as (
      delete from market.speaker
      where seen_at < now() - make_interval(secs => ${SPEAKER_GONE_SECONDS})
    )
    delete from market.connection
    where connection_id in (
      select connection_id
      from market.connection
      where speaker is not null
        and not exists (
          select from market.speaker
          where name = connection.speaker
            and seen_at >= now() - make_interval(secs => ${SPEAKER_GONE_SECONDS}))
      order by connection_id
      limit ${TAKEN_AT_ONCE}
      for update skip locked)
    returning connection_id`);
  return rows.map(({ connection_id }) => connection_id);
};
