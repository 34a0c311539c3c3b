import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShardMap } from "../layers/store/matching/shards.ts";
import { fairShare } from "./fair-share.ts";

/** `A`, `B` … hold the shard at their position; a dot is a free shard. */
const mapOf = (holders: string, alive: string): ShardMap => ({
  shards: [...holders].map((holder, shard) => ({
    shard,
    holder: holder === "." ? undefined : holder,
  })),
  alive: [...alive],
});
const heldBy = (name: string, { shards }: ShardMap) =>
  new Set(shards.filter(({ holder }) => holder === name).map(({ shard }) => shard));

test("a single matcher takes every shard at once", () => {
  const map = mapOf("....", "A");
  assert.deepEqual(fairShare("A", new Set(), map), { take: [0, 1, 2, 3], giveBack: 0 });
});

test("a new matcher waits until the matcher that holds everything returns some shards", () => {
  const map = mapOf("AAAA", "AB");
  assert.deepEqual(fairShare("A", heldBy("A", map), map), { take: [], giveBack: 2 });
  assert.deepEqual(fairShare("B", new Set(), map), { take: [], giveBack: 0 });
});

test("the shards of a dead matcher go to the living matchers", () => {
  const map = mapOf("A.A.", "A");
  assert.deepEqual(fairShare("A", heldBy("A", map), map), { take: [1, 3], giveBack: 0 });
});

test("an odd shard stays where it is", () => {
  const map = mapOf("AAABB", "AB");
  for (const name of ["A", "B"])
    assert.deepEqual(fairShare(name, heldBy(name, map), map), { take: [], giveBack: 0 });
});

test("with more matchers than shards, a matcher waits in reserve", () => {
  const map = mapOf("AB", "ABC");
  for (const name of ["A", "B", "C"])
    assert.deepEqual(fairShare(name, heldBy(name, map), map), { take: [], giveBack: 0 });
});

test("after matchers start and stop, every shard is held, and each matcher has the same number of shards, or one more", () => {
  let map = mapOf(".......", "");
  let moves = 0;
  for (const alive of ["A", "AB", "ABC", "BC", "BCDE", "E", "AE"]) {
    const left = map.shards.map(({ shard, holder }) => ({
      shard,
      holder: holder !== undefined && alive.includes(holder) ? holder : undefined,
    }));
    map = { shards: left, alive: [...alive] };
    for (let turn = 0; turn < 4; turn += 1)
      for (const name of alive) {
        const held = heldBy(name, map);
        const { take, giveBack } = fairShare(name, held, map);
        const given = [...held].slice(0, giveBack);
        moves += take.length + given.length;
        const shards = map.shards.map(({ shard, holder }) => ({
          shard,
          holder: take.includes(shard) ? name : given.includes(shard) ? undefined : holder,
        }));
        map = { shards, alive: [...alive] };
      }
    const sizes = [...alive].map((name) => heldBy(name, map).size);
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      7,
      `${alive}: ${sizes}`,
    );
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${alive}: ${sizes}`);
  }
  assert.ok(moves > 20, "nothing ever moved");
});
