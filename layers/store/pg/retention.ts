import { constantStatement, type Executor, sql } from "./database.ts";

/** Deletes about `limit` of the oldest rows past their retention, and returns how many. */
type Purge = (executor: Executor, limit: number) => Promise<number>;

/**
 * Rows are found by age only, so that the role that purges needs to read no other column. `endedAt`
 * must be the expression of an index of the table.
 */
const purgeOf = (table: string, endedAt: string, keptFor: string): Purge => {
  const statement = constantStatement(`
    delete from ${table}
    where ${endedAt} <= (
      select max(ended_at)
      from (
        select ${endedAt} as ended_at
        from ${table}
        where ${endedAt} < now() - interval '${keptFor}'
        order by ended_at
        limit $1
      ) as oldest
    )`);
  return async (executor, limit) => (await executor.query(statement(limit))).count;
};

/** Mails, a week after they were sent or given up. */
export const purgeMails = purgeOf("identity.mail", "coalesce(sent_at, failed_at)", "7 days");

/** Logins, a week after their code expired. */
export const purgeChallenges = purgeOf("identity.challenge", "expires_at", "7 days");

/**
 * Sessions, a week after they ended or expired, with their refresh tokens. Until then a used refresh
 * token is recognised.
 */
export const purgeSessions = purgeOf(
  "identity.session",
  "coalesce(ended_at, expires_at)",
  "7 days",
);

/** Refresh tokens of sessions that go on, a week after they expired. */
export const purgeRefreshTokens = purgeOf("identity.refresh_token", "expires_at", "7 days");

/** Sign-up links, a week after they expired. */
export const purgeVerifications = purgeOf("identity.verification", "expires_at", "7 days");

/** Links to new passwords and addresses, a week after they expired. */
export const purgeLinks = purgeOf("identity.link", "expires_at", "7 days");

/** Counts of failed attempts, a day after the last attempt: they have no effect after an hour. */
export const purgeThrottles = purgeOf("identity.throttle", "updated_at", "1 day");

/**
 * Idempotency keys, eight days after their use; through a function, so that younger keys are safe.
 */
export const purgeIdempotencyKeys: Purge = async (executor, limit) => {
  const { rows } = await executor.query<{ readonly count: bigint }>(sql`
    select ledger.purge_idempotency_keys(${limit}) as count`);
  return Number(rows[0]?.count ?? 0n);
};

/** Pauses between two mails about orders, once they are over. */
export const purgeNoticePauses = purgeOf("trading.notice_pause", "ends_at", "1 minute");
