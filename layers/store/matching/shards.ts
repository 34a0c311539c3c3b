import { type Executor, sql } from "../pg/database.ts";

/** A shard held under an epoch: valid until another process takes the shard over. */
export type Lease = { readonly shard: number; readonly epoch: number };

/** All shards and all living matchers at one moment. */
export type ShardMap = {
  readonly shards: readonly {
    readonly shard: number;
    /** Undefined when the shard has no holder or its lease has expired. */
    readonly holder: string | undefined;
  }[];
  readonly alive: readonly string[];
};

const shardsOf = (leases: readonly Lease[]) => leases.map(({ shard }) => shard);
const epochsOf = (leases: readonly Lease[]) => leases.map(({ epoch }) => epoch);

/** Records that this matcher is alive and renews its leases; returns the shards it still holds. */
export const renewLeases = async (
  db: Executor,
  holder: string,
  leases: readonly Lease[],
  seconds: number,
): Promise<ReadonlySet<number>> => {
  const { rows } = await db.query<{ readonly shard: number }>(sql`
    with alive as (
      insert into trading.matcher (holder, expires_at)
      values (${holder}, clock_timestamp() + ${seconds} * interval '1 second')
      on conflict (holder) do update set expires_at = excluded.expires_at
    )
    update trading.shard
    set expires_at = clock_timestamp() + ${seconds} * interval '1 second'
    from unnest(${shardsOf(leases)}::smallint[], ${epochsOf(leases)}::bigint[]) as mine (shard, epoch)
    where shard.shard = mine.shard and shard.epoch = mine.epoch
    returning shard.shard`);
  return new Set(rows.map(({ shard }) => shard));
};

/** Reads the holders of all shards, and the matchers that are alive. */
export const readShards = async (db: Executor): Promise<ShardMap> => {
  const { rows } = await db.query<{
    readonly shard: number | null;
    readonly holder: string | null;
  }>(sql`
    select shard, case when expires_at > clock_timestamp() then holder end as holder
    from trading.shard
    union all
    select null, holder from trading.matcher where expires_at > clock_timestamp()
    order by shard, holder`);
  const shards = rows.flatMap(({ shard, holder }) =>
    shard === null ? [] : [{ shard, holder: holder ?? undefined }],
  );
  const alive = rows.flatMap(({ shard, holder }) =>
    shard === null && holder !== null ? [holder] : [],
  );
  return { shards, alive };
};

/**
 * Takes the given shards that are free, or held under the name `superseded`. The former holder can
 * finish what it is settling, until the new holder claims the book.
 */
export const takeShards = async (
  db: Executor,
  {
    holder,
    superseded,
    shards,
    seconds,
  }: {
    readonly holder: string;
    readonly superseded: string | undefined;
    readonly shards: readonly number[];
    readonly seconds: number;
  },
): Promise<readonly Lease[]> => {
  const { rows } = await db.query<{ readonly shard: number; readonly epoch: bigint }>(sql`
    with free as (
      select shard
      from trading.shard
      where shard = any(${shards}::smallint[])
        and (expires_at <= clock_timestamp() or holder = ${superseded ?? null})
      order by shard
      for update
    ), taken as (
      update trading.shard
      set holder = ${holder}, epoch = epoch + 1,
        expires_at = clock_timestamp() + ${seconds} * interval '1 second'
      from free
      where shard.shard = free.shard
      returning shard.shard, epoch
    )
    select shard, epoch from taken order by shard`);
  return rows.map(({ shard, epoch }) => ({ shard, epoch: Number(epoch) }));
};

/** Returns leases before they expire; leases that another process has taken are left alone. */
export const releaseShards = async (db: Executor, leases: readonly Lease[]): Promise<void> => {
  await db.query(sql`
    update trading.shard
    set holder = null, expires_at = clock_timestamp()
    from unnest(${shardsOf(leases)}::smallint[], ${epochsOf(leases)}::bigint[]) as mine (shard, epoch)
    where shard.shard = mine.shard and shard.epoch = mine.epoch`);
};

/** Removes this matcher from the living ones, and those that expired long ago. */
export const leaveShards = async (db: Executor, holder: string): Promise<void> => {
  await db.query(sql`
    delete from trading.matcher
    where holder = ${holder} or expires_at < clock_timestamp() - interval '1 hour'`);
};
