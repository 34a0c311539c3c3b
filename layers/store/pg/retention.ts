import { type Executor, sql } from "./database.ts";

// Each statement deletes the oldest rows first, about `limit` of them, and returns how many. Rows are
// found by age alone, so that the role that purges needs to read no other column.

/** Mails that were sent or given up a week ago. */
export const purgeMails = async (executor: Executor, limit: number): Promise<number> => {
  const { count } = await executor.query(sql`
    delete from identity.mail
    where coalesce(sent_at, failed_at) <= (
      select max(ended_at)
      from (
        select coalesce(sent_at, failed_at) as ended_at
        from identity.mail
        where coalesce(sent_at, failed_at) < now() - interval '7 days'
        order by ended_at
        limit ${limit}
      ) as oldest
    )
  `);
  return count;
};

/** Logins whose code ran out a week ago. */
export const purgeChallenges = async (executor: Executor, limit: number): Promise<number> => {
  const { count } = await executor.query(sql`
    delete from identity.challenge
    where expires_at <= (
      select max(expires_at)
      from (
        select expires_at
        from identity.challenge
        where expires_at < now() - interval '7 days'
        order by expires_at
        limit ${limit}
      ) as oldest
    )
  `);
  return count;
};

/** Sign-up links that ran out a week ago. */
export const purgeVerifications = async (executor: Executor, limit: number): Promise<number> => {
  const { count } = await executor.query(sql`
    delete from identity.verification
    where expires_at <= (
      select max(expires_at)
      from (
        select expires_at
        from identity.verification
        where expires_at < now() - interval '7 days'
        order by expires_at
        limit ${limit}
      ) as oldest
    )
  `);
  return count;
};

/** Idempotency keys used eight days ago; clients may rely on seven. */
export const purgeIdempotencyKeys = async (executor: Executor, limit: number): Promise<number> => {
  const { count } = await executor.query(sql`
    delete from ledger.idempotency_key
    where created_at <= (
      select max(created_at)
      from (
        select created_at
        from ledger.idempotency_key
        where created_at < now() - interval '8 days'
        order by created_at
        limit ${limit}
      ) as oldest
    )
  `);
  return count;
};

/** Pauses between two mails that are over. */
export const purgeNoticePauses = async (executor: Executor, limit: number): Promise<number> => {
  const { count } = await executor.query(sql`
    delete from trading.notice_pause
    where ends_at <= (
      select max(ends_at)
      from (
        select ends_at
        from trading.notice_pause
        where ends_at < now() - interval '1 minute'
        order by ends_at
        limit ${limit}
      ) as oldest
    )
  `);
  return count;
};
