import type { ShardMap } from "../layers/store/matching/shards.ts";

/** What a matcher should do now: shards to take, and how many of its own to give back. */
export type Share = { readonly take: readonly number[]; readonly giveBack: number };

/**
 * Divides the shards evenly among the matchers that are alive, the one called `name` included. When it
 * does not come out even, those that hold most keep one more, so that no shard moves without need.
 */
export const fairShare = (
  name: string,
  held: ReadonlySet<number>,
  { shards, alive }: ShardMap,
): Share => {
  const members = [...new Set([...alive, name])];
  const holds = (member: string): number =>
    member === name ? held.size : shards.filter(({ holder }) => holder === member).length;
  const ranked = members.sort(
    (left, right) => holds(right) - holds(left) || (left < right ? -1 : 1),
  );
  const extra = ranked.indexOf(name) < shards.length % members.length ? 1 : 0;
  const due = Math.floor(shards.length / members.length) + extra;
  const free = shards.filter(({ shard, holder }) => !held.has(shard) && holder === undefined);
  return {
    take: free.slice(0, Math.max(0, due - held.size)).map(({ shard }) => shard),
    giveBack: Math.max(0, held.size - due),
  };
};
