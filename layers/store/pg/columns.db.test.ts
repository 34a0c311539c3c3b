import assert from "node:assert/strict";
import { test } from "node:test";
import { newUuid } from "../../platform/ids.ts";
import { testDatabase } from "../../testing/database.ts";
import { bigints, booleans, byteas, integers, texts, timestamps, uuids } from "./columns.ts";
import { sql } from "./database.ts";

const database = await testDatabase();
const itself = <Value>(value: Value): Value => value;

test("values sent as columns come back as rows, value by value", async () => {
  const rows = [
    {
      id: newUuid(),
      text: 'é, {"NULL"} \\ \u{1f4b0}\n',
      big: 9_223_372_036_854_775_807n,
      small: 2_147_483_647,
      flag: true,
      bytes: Buffer.from([0, 255, 92]),
      at: new Date("2026-02-29T00:00:00.123Z"),
    },
    {
      id: newUuid(),
      text: "",
      big: -9_223_372_036_854_775_808n,
      small: -2_147_483_648,
      flag: false,
      bytes: Buffer.alloc(0),
      at: new Date("1999-12-31T23:59:59.999Z"),
    },
    {
      id: newUuid(),
      text: "NULL",
      big: 0n,
      small: 0,
      flag: true,
      bytes: Buffer.from("x"),
      at: new Date("9999-12-31T23:59:59.999Z"),
    },
  ];
  const { rows: read } = await database.query(sql`
    select * from unnest(
      ${uuids(rows, ({ id }) => id)}::uuid[], ${texts(rows, ({ text }) => text)}::text[],
      ${bigints(rows, ({ big }) => big)}::bigint[], ${integers(rows, ({ small }) => small)}::integer[],
      ${booleans(rows, ({ flag }) => flag)}::boolean[], ${byteas(rows, ({ bytes }) => bytes)}::bytea[],
      ${timestamps(rows, ({ at }) => at)}::timestamptz[]
    ) as row (id, text, big, small, flag, bytes, at)`);
  assert.deepEqual(read, rows);
});

test("integers that are not bigint keep every digit, on both sides of 32 bits and of zero", async () => {
  const numbers = [
    0,
    1,
    -1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32),
    2 ** 53 - 1,
    1 - 2 ** 53,
  ];
  const { rows } = await database.query<{ readonly n: bigint }>(
    sql`select n from unnest(${bigints(numbers, itself)}::bigint[]) as n`,
  );
  assert.deepEqual(
    rows.map(({ n }) => n),
    numbers.map(BigInt),
  );
});

test("null stays null, and no rows are an empty column", async () => {
  const { rows } = await database.query<{
    readonly text: string | null;
    readonly n: bigint | null;
  }>(sql`
    select * from unnest(
      ${texts(["a", null, undefined], itself)}::text[], ${bigints([null, 2n, null], itself)}::bigint[]
    ) as row (text, n)`);
  assert.deepEqual(rows, [
    { text: "a", n: null },
    { text: null, n: 2n },
    { text: null, n: null },
  ]);
  const { rows: none } = await database.query(sql`
    select from unnest(${uuids([], itself)}::uuid[]) where true`);
  assert.equal(none.length, 0);
  const { rows: sizes } = await database.query<{ readonly size: number }>(
    sql`select cardinality(${integers([], itself)}::integer[]) as size`,
  );
  assert.equal(sizes[0]?.size, 0);
});

test("an invalid UUID or an unsafe integer is refused before it is sent", () => {
  assert.throws(() => uuids(["not a uuid"], itself), /no UUID/);
  assert.throws(() => uuids([`${newUuid().slice(0, -1)}g`], itself), /no UUID/);
  assert.throws(() => bigints([1.5], itself), /no safe integer/);
  assert.throws(() => bigints([2 ** 53], itself), /no safe integer/);
  assert.throws(() => integers([2 ** 31], itself), RangeError);
});
