import type { ShardMap } from "../layers/store/matching/shards.ts";

/** The next step of a matcher: shards to take, and how many of its own to return. */
export type Share = { readonly take: readonly number[]; readonly giveBack: number };

/**
 * Divides the shards evenly among the living matchers, including the one called `name`. When the
 * number is odd, those that hold most keep one more, so that no shard moves without need.
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
