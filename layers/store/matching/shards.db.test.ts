import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../domain/identifiers.ts";
import { createInstrument } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../pg/database.ts";
import { claimBook } from "./books.ts";
import { sequenceCommands } from "./command-outbox.ts";
import { readCommands } from "./commands.ts";
import { purgeCommands } from "./matcher-status.ts";
import { Fenced } from "./settlement.ts";
import { leaveShards, readShards, releaseShards, renewLeases, takeShards } from "./shards.ts";

const database = await testDatabase();
const SYMBOL = "AAPL" as Ticker;
await createInstrument(database, SYMBOL);

const ALL = [0, 1, 2, 3];
const take = (holder: string, shards: readonly number[] = ALL, superseded?: string) =>
  takeShards(database, { holder, superseded, shards, seconds: 60 });
const runOut = () =>
  database.query(sql`update trading.shard set expires_at = clock_timestamp() - interval '1 ms'`);
const holders = async () => (await readShards(database)).shards.map(({ holder }) => holder);
const accept = () =>
  database.query(sql`insert into trading.outbox (symbol, command) values (${SYMBOL}, '{}')`);
const shardOf = async (symbol: string) =>
  (
    await database.query<{ readonly shard: number }>(
      sql`select shard from trading.book where symbol = ${symbol}`,
    )
  ).rows[0]?.shard;

test("a symbol is always in the same shard, and every shard has symbols", async () => {
  assert.equal(await shardOf(SYMBOL), 2);
  const { rows } = await database.query<{ readonly shard: number; readonly symbols: bigint }>(sql`
    select trading.shard_of('S' || number) as shard, count(*) as symbols
    from generate_series(1, 400) as number group by 1 order by 1`);
  assert.deepEqual(
    rows.map(({ shard }) => shard),
    ALL,
  );
  for (const { symbols } of rows) assert.ok(symbols > 60n && symbols < 140n, `${symbols} of 400`);
});

test("no other matcher can take a shard until its lease has ended", async () => {
  const first = await take("one");
  assert.deepEqual(await holders(), ["one", "one", "one", "one"]);
  assert.deepEqual(await take("two"), []);
  assert.deepEqual([...(await renewLeases(database, "one", first, 60))].sort(), ALL);
  await runOut();
  assert.deepEqual(await holders(), [undefined, undefined, undefined, undefined]);
  const second = await take("two", [1, 2]);
  assert.deepEqual(
    second.map(({ shard, epoch }) => [shard, epoch]),
    [
      [1, 2],
      [2, 2],
    ],
  );
  const kept = await renewLeases(database, "one", first, 60);
  assert.deepEqual([...kept].sort(), [0, 3]);
  assert.deepEqual(await holders(), ["one", "two", "two", "one"]);
});

test("of two matchers that want the same free shard, one gets it", async () => {
  await runOut();
  const taken = await Promise.all(["one", "two", "three"].map((holder) => take(holder, [0])));
  assert.deepEqual(taken.map(({ length }) => length).sort(), [0, 0, 1]);
});

test("a new process replaces the former process of its name at once", async () => {
  await runOut();
  await take("one");
  assert.equal((await take("one", ALL)).length, 0);
  assert.equal((await take("one", ALL, "one")).length, 4);
});

test("a matcher that lost a shard cannot relay, open its books or return it", async () => {
  await runOut();
  const former = await take("one");
  const old = former.find(({ shard }) => shard === 2);
  assert.ok(old !== undefined);
  await runOut();
  const present = await take("two");
  await accept();
  assert.deepEqual(await sequenceCommands(database, former), []);
  await assert.rejects(claimBook(database, SYMBOL, old), Fenced);
  await releaseShards(database, former);
  assert.deepEqual(await holders(), ["two", "two", "two", "two"]);
  assert.equal((await sequenceCommands(database, present)).length, 1);
});

test("a matcher that leaves is no longer listed as alive", async () => {
  await renewLeases(database, "one", [], 60);
  await renewLeases(database, "two", [], 60);
  assert.deepEqual((await readShards(database)).alive, ["one", "two"]);
  await leaveShards(database, "one");
  assert.deepEqual((await readShards(database)).alive, ["two"]);
});

test("commands are purged a week after they were settled, and never before that", async () => {
  await database.query(sql`
    insert into trading.command (symbol, seq, command, created_at)
    select ${SYMBOL}, 100 + number, '{}', now() - number * interval '1 day'
    from generate_series(1, 20) as number`);
  await database.query(sql`update trading.book set settled_seq = 115 where symbol = ${SYMBOL}`);
  await purgeCommands(database, 7);
  const left = (await readCommands(database, SYMBOL, 100, 100)).map(({ seq }) => seq - 100);
  assert.deepEqual(left, [1, 2, 3, 4, 5, 6, 16, 17, 18, 19, 20]);
});
