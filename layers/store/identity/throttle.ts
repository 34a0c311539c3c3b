import { type Executor, sql } from "../pg/database.ts";

/** How many attempts of a subject are free, and the longest wait for the next attempt. */
export type ThrottleRule = { readonly free: number; readonly maxSeconds: number };

/** Failures are deleted after an hour without another failure. */
const FORGOTTEN_SECONDS = 3_600;

/**
 * Counts an attempt of a subject before it is checked, so that of parallel attempts only one can be
 * the last free one. Returns 0 when it may be checked, else the seconds to wait. After the free
 * attempts, each further one must wait twice as long as the one before.
 */
export const countAttempt = async (
  db: Executor,
  subject: string,
  { free, maxSeconds }: ThrottleRule,
): Promise<number> => {
  const { rows } = await db.query(sql`
    insert into identity.throttle as t (subject, failures, next_at)
    values (${subject}, 1, '-infinity')
    on conflict (subject) do update
    set failures = case
        when t.updated_at < now() - make_interval(secs => ${FORGOTTEN_SECONDS}) then 1
        else t.failures + 1
      end,
      next_at = case
        when t.updated_at < now() - make_interval(secs => ${FORGOTTEN_SECONDS})
          or t.failures + 1 < ${free}::integer then '-infinity'
        else clock_timestamp() + make_interval(
          secs => least(${maxSeconds}::float8, power(2, least(t.failures + 1 - ${free}::integer, 30))))
      end,
      updated_at = now()
    where t.next_at <= clock_timestamp()
    returning subject`);
  if (rows.length === 1) return 0;
  const waiting = await db.query<{ seconds: number }>(sql`
    select greatest(1, ceil(extract(epoch from next_at - clock_timestamp())))::integer as seconds
    from identity.throttle where subject = ${subject}`);
  return waiting.rows[0]?.seconds ?? 1;
};

/** Undoes the count of a successful attempt; `all` deletes earlier failures too. */
export const forgive = async (
  db: Executor,
  { all, last }: { readonly all: readonly string[]; readonly last: readonly string[] },
): Promise<void> => {
  await db.query(sql`
    with forgotten as (delete from identity.throttle where subject = any(${all}::text[]))
    update identity.throttle
    set failures = greatest(0, failures - 1)
    where subject = any(${last}::text[])`);
};
