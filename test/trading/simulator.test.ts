import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { after, test } from "node:test";
import { readEnvironment } from "../../infra/local/launcher/state.ts";
import { DEMO_INSTRUMENTS } from "../../infra/postgres/demo.ts";
import { participate } from "../../infra/simulator/participants.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { assertLedger } from "../../layers/testing/database.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, identify } from "../feed/feed-client.ts";
import { childrenOf, findPlace, launch, runProgram } from "../support/launcher.ts";

// A whole system with its simulated participants: what they do to a real market, and that their
// seed determines it.

const SEED = 7;
const RATE = 20;
const place = await findPlace();
const system = launch(place.env, [`--market=${RATE}`, `--seed=${SEED}`]);
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(place.home, { recursive: true, force: true });
});
await system.says(/BrokerX is ready in/, 90_000);
const environment = await readEnvironment(place.home);
const database = openDatabase({
  url: environment?.["DATABASE_URL_ORDERS"] ?? "",
  poolSize: 2,
  applicationName: "test",
});
after(() => database.end());
const symbols = DEMO_INSTRUMENTS.map(({ symbol }) => symbol);

/** Orders that the participants have placed. */
const count = async (): Promise<bigint> => {
  const { rows } = await database.query<{ count: bigint }>(sql`
    select count(*) from trading."order" where client_order_id like 'mm-%'`);
  return rows[0]?.count ?? 0n;
};

test("within seconds every symbol has a bid, an ask and trades, and from then on always both sides", async (t) => {
  const token = runProgram(place.env, ["token", "demo@brokerx.local"]).stdout.trim();
  const client = await connectRaw(place.ports["market-feed"], { token });
  after(() => client.socket.terminate());
  client.subscribe(identify(symbols));
  const quotesOf = (symbol: string) =>
    client.messages().filter((message) => message.type === "quote" && message.symbol === symbol);
  const isTwoSided = ({ bid, ask }: { bid: string | null; ask: string | null }): boolean =>
    bid !== null && ask !== null && Number(bid) < Number(ask);
  const starts = (symbol: string): number => quotesOf(symbol).findIndex(isTwoSided);
  await until(() => symbols.every((symbol) => starts(symbol) >= 0), "two sides");
  const traded = () =>
    new Set(client.messages().flatMap(({ type, symbol }) => (type === "trade" ? [symbol] : [])));
  await until(() => traded().size === symbols.length, "trades in every symbol", 60_000);
  const moves = (symbol: string): number => quotesOf(symbol).length - starts(symbol);
  await until(() => symbols.every((symbol) => moves(symbol) > 12), "a market that moves", 120_000);
  for (const symbol of symbols)
    assert.ok(quotesOf(symbol).slice(starts(symbol)).every(isTwoSided), `${symbol} lost a side`);
  t.diagnostic(`${client.messages().length} messages`);
});

test("the orders follow from the seed, in sequence, and no more than the configured number a second", async () => {
  await until(async () => (await count()) > 100n, "a hundred orders", 60_000);
  const { rows } = await database.query<{
    readonly symbol: string;
    readonly direction: string;
    readonly price: bigint;
    readonly quantity: bigint;
    readonly time_in_force: string;
    readonly seconds: number;
  }>(sql`
    select symbol, direction, price, quantity, time_in_force,
      extract(epoch from max(created_at) over () - min(created_at) over ())::float8 as seconds
    from trading."order"
    where client_order_id like 'mm-%'
    order by created_at, split_part(client_order_id, '-', 3)::integer, time_in_force`);
  const steps = participate(
    SEED,
    DEMO_INSTRUMENTS.map(({ symbol, referencePrice }) => ({
      ...{ symbol, anchor: Number(referencePrice ?? 0n) / 100 },
    })),
  );
  const planned = steps
    .flatMap(({ quote, take }) => [
      { ...quote, timeInForce: "GTC" },
      ...(take === undefined ? [] : [{ ...take.wish, timeInForce: "IOC" }]),
    ])
    .take(rows.length)
    .toArray();
  assert.deepEqual(
    rows.map(({ symbol, direction, price, quantity, time_in_force }) => ({
      ...{ symbol, side: direction, price: Number(price) / 100, quantity: Number(quantity) },
      timeInForce: time_in_force,
    })),
    planned,
  );
  const bound = RATE * (1 + 1 / 7) * (rows[0]?.seconds ?? 0) + 10;
  assert.ok(rows.length <= bound, `${rows.length} orders, at most ${bound} were wanted`);
});

test("after the death of an orders service or of the matcher the market continues without unknown quotes", async () => {
  const isCalled = (pid: number, name: string): boolean => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      return environment.includes(`BROKERX_INSTANCE=${name}`);
    } catch {
      return false; // it has just ended
    }
  };
  for (const name of ["orders-a", "matcher"]) {
    const find = () => childrenOf(system).find(({ pid }) => isCalled(pid, name));
    const victim = find();
    assert.ok(victim !== undefined, `${name} is not running`);
    process.kill(victim.pid, "SIGKILL");
    const isReplaced = () => ![undefined, victim.pid].includes(find()?.pid);
    await until(isReplaced, `${name} is started again`);
  }
  const then = await count();
  await until(async () => (await count()) > then + 100n, "the market continues", 60_000);
  const { rows } = await database.query<{ symbol: string; open: bigint }>(sql`
    select symbol, count(*) as open
    from trading."order"
    where client_order_id like 'mm-%' and not closed and pending_action is null
    group by symbol`);
  // Three levels a side, and for a moment a new quote next to the old one.
  for (const { symbol, open } of rows) assert.ok(open <= 8n, `${open} quotes stand in ${symbol}`);
  await assertLedger(database);
});
