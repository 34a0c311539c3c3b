import assert from "node:assert/strict";
import { test } from "node:test";
import { newUuid } from "../../platform/ids.ts";
import { testDatabase } from "../../testing/database.ts";
import {
  bigint,
  boolean,
  bytea,
  compositeType,
  integer,
  text,
  timestamp,
  uuid,
} from "./composites.ts";
import { sql } from "./database.ts";

const database = await testDatabase();
await database.query(sql`
  create type public.sample as (
    id uuid, label text, amount bigint, small integer, flag boolean, bytes bytea, at timestamptz)`);

type Sample = {
  readonly id: string;
  readonly label: string | null;
  readonly amount: bigint | null;
  readonly small: number;
  readonly flag: boolean;
  readonly bytes: Buffer;
  readonly at: Date;
};

const samples = compositeType<Sample>("public.sample", [
  uuid(({ id }) => id),
  text(({ label }) => label),
  bigint(({ amount }) => amount),
  integer(({ small }) => small),
  boolean(({ flag }) => flag),
  bytea(({ bytes }) => bytes),
  timestamp(({ at }) => at),
]);

const SAMPLES: readonly Sample[] = [
  {
    ...{ id: newUuid(), label: 'é, ("a",NULL) \\', amount: -(2n ** 63n), small: -1, flag: true },
    ...{ bytes: Buffer.from([0, 255]), at: new Date("1999-12-31T23:59:59.999Z") },
  },
  {
    ...{ id: newUuid(), label: null, amount: null, small: 2 ** 31 - 1, flag: false },
    ...{ bytes: Buffer.alloc(0), at: new Date("2026-11-27T12:00:00.123Z") },
  },
];

test("rows sent as one parameter come back value by value", async () => {
  const { rows } = await database.query(sql`
    select * from unnest(${samples(SAMPLES)}::public.sample[])`);
  assert.deepEqual(rows, SAMPLES);
});

test("no rows are an empty array", async () => {
  const { rows } = await database.query(sql`
    select cardinality(${samples([])}::public.sample[]) as size`);
  assert.deepEqual(rows, [{ size: 0 }]);
});

test("rows can be sent in a transaction", async () => {
  const count = await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ readonly size: number }>(
      sql`select cardinality(${samples(SAMPLES)}::public.sample[]) as size`,
    );
    return rows[0]?.size;
  });
  assert.equal(count, 2);
});

const limits = compositeType<{ readonly value: bigint | number }>("public.sample", [
  uuid(() => undefined),
  text(() => undefined),
  bigint(({ value }) => value),
  integer(() => undefined),
  boolean(() => undefined),
  bytea(() => undefined),
  timestamp(() => undefined),
]);

test("integers of type number keep every digit, below and above 32 bits and zero", async () => {
  const numbers = [
    ...[0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32)],
    ...[2 ** 53 - 1, 1 - 2 ** 53],
  ];
  const { rows } = await database.query<{ readonly amount: bigint }>(sql`
    select amount from unnest(${limits(numbers.map((value) => ({ value })))}::public.sample[])`);
  assert.deepEqual(
    rows.map(({ amount }) => amount),
    numbers.map(BigInt),
  );
});

test("a value that is no UUID or no safe integer is refused before it is sent", () => {
  const sample = SAMPLES[0];
  assert.ok(sample !== undefined);
  const encode = (changed: Partial<Sample>) => () => samples([{ ...sample, ...changed }]).encode(0);
  assert.throws(encode({ id: "not a uuid" }), /no UUID/);
  assert.throws(encode({ id: `${newUuid().slice(0, -1)}g` }), /no UUID/);
  assert.throws(encode({ small: 2 ** 31 }), RangeError);
  for (const value of [1.5, 2 ** 53])
    assert.throws(() => limits([{ value }]).encode(0), /no safe integer/);
});
