import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "../../platform/unavailable.ts";
import { createInstrument } from "../../testing/clients.ts";
import { testDatabase, withDefaultWait } from "../../testing/database.ts";
import { openDatabase, type Sql, sql } from "../pg/database.ts";
import { createBacklog } from "./backlog.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");

const accept = (commands: number) =>
  database.query(sql`
    insert into trading.outbox (symbol, command)
    select 'AAPL', '{}' from generate_series(1, ${commands}::integer)`);
const relay = () =>
  database.query(sql`
    with taken as (delete from trading.outbox returning symbol)
    insert into trading.sequence as current (symbol, seq)
    select symbol, count(*) from taken group by symbol
    on conflict (symbol) do update set seq = current.seq + excluded.seq`);
const settle = () =>
  database.query(sql`
    update trading.book set settled_seq = (select max(seq) from trading.sequence)`);

const isRefused = async (wish: "order" | "cancel"): Promise<boolean> =>
  createBacklog(database, { max: 10 })
    .requireRoom(wish)
    .then(
      () => false,
      (error) => error instanceof Unavailable,
    );
const refused = async () => [await isRefused("order"), await isRefused("cancel")];

test("with too many commands waiting, orders are refused first and cancels last", async () => {
  await accept(9);
  assert.deepEqual(await refused(), [false, false]);
  await accept(1);
  assert.deepEqual(await refused(), [true, false]);
  await accept(10);
  assert.deepEqual(await refused(), [true, true]);
});

test("a relayed command counts until it is settled", async () => {
  await relay();
  assert.deepEqual(await refused(), [true, true]);
  await settle();
  assert.deepEqual(await refused(), [false, false]);
});

test("a thousand requests at once count the backlog once", async () => {
  let counted = 0;
  const counting = {
    query: <Row extends object>(statement: Sql) => {
      counted += 1;
      return database.query<Row>(statement);
    },
  };
  const backlog = createBacklog(counting, { max: 10 });
  await Promise.all(Array.from({ length: 1_000 }, () => backlog.requireRoom("order")));
  assert.equal(counted, 1);
});

test("a request waits at most a moment for a connection, and is then refused with a retry time", async () => {
  const url = withDefaultWait(database.url);
  const small = openDatabase({ url, poolSize: 1, applicationName: "test" });
  const release = Promise.withResolvers<void>();
  const busy = small.transaction(() => release.promise);
  await assert.rejects(small.query(sql`select 1 as number`), Unavailable);
  release.resolve();
  await busy;
  await small.end();
});
