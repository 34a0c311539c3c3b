import assert from "node:assert/strict";
import { test } from "node:test";
import { CANDLE_SECONDS, type CandleInterval } from "../../layers/domain/market/candle.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";

// Public trades, and the candles computed from them. Trades are written as settlement writes them:
// several at once, of one symbol, in the order of their commands.

const database = await testDatabase();
for (const symbol of ["AAPL", "MSFT", "NONE"]) await createInstrument(database, symbol);
const client = await createTestClient(database);
useEnvironment(asRole(database.url, "brokerx_feed"));
const { handler: candles } = await import("../../functions/list-candles/handler.ts");
const { handler: trades } = await import("../../functions/list-trades/handler.ts");

const authorization = await authorizationOf(client);
const get = (handler: typeof candles, symbol: string, query = "") =>
  invoke(handler, { method: "GET", params: { symbol }, query, headers: { authorization } });

type Trade = { seq: number; index: number; price: number; quantity: number; at: number };
const tape = new Map<string, Trade[]>([
  ["AAPL", []],
  ["MSFT", []],
]);

/** Writes the trades of one settled batch. */
const settle = async (symbol: string, batch: readonly Trade[]): Promise<void> => {
  tape.get(symbol)?.push(...batch);
  await database.query(sql`
    with moved as (
      update trading.book set settled_seq = ${batch.at(-1)?.seq ?? 0} where symbol = ${symbol}
    ), traded as (
      insert into trading.trade (trade_id, symbol, seq, price, quantity, taker_side, maker_order_id,
        taker_order_id, buyer_id, seller_id, created_at)
      select ${symbol} || '-' || seq || '-' || index, ${symbol}, seq, price, quantity, 'buy',
        gen_random_uuid(), gen_random_uuid(), ${client}, ${client}, to_timestamp(at / 1000.0)
      from jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
        as made (seq bigint, index integer, price bigint, quantity bigint, at float8)
      returning trade
    )
    select market.add_to_candles(array_agg(trade)) from traded`);
};

/** The candles of a list of trades, computed from scratch. */
const naive = (made: readonly Trade[], seconds: number) => {
  const width = seconds * 1_000;
  const groups = Map.groupBy(made, ({ at }) => Math.floor(at / width) * width);
  return [...groups]
    .sort(([left], [right]) => right - left)
    .map(([opensAt, group]) => {
      const prices = group.map(({ price }) => price);
      return {
        opens_at: new Date(opensAt).toISOString(),
        open: formatMoney(BigInt(prices[0] ?? 0)),
        high: formatMoney(BigInt(Math.max(...prices))),
        low: formatMoney(BigInt(Math.min(...prices))),
        close: formatMoney(BigInt(prices.at(-1) ?? 0)),
        volume: group.reduce((sum, { quantity }) => sum + quantity, 0),
        trades: group.length,
      };
    });
};

/** All pages of a list, joined. */
const all = async (handler: typeof candles, symbol: string, field: string, query: string) => {
  const found: Record<string, unknown>[] = [];
  let after = "";
  let pages = 0;
  for (; pages < 1_000; pages += 1) {
    const reply = await get(handler, symbol, `${query}${after}`);
    assert.equal(reply.status, 200, reply.text);
    const body = reply.json();
    found.push(...(body[field] as Record<string, unknown>[]));
    if (body["next_page_token"] === null) break;
    after = `&after=${encodeURIComponent(String(body["next_page_token"]))}`;
  }
  return { found, pages: pages + 1 };
};

test("candles of every width follow from the trades, after every batch, on every page", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const below = randomBelow(SEED);
  let clock = Date.parse("2026-11-02T23:50:00Z");
  let seq = 0;
  let batches = 0;
  for (let round = 0; round < 120; round += 1) {
    clock += below(4) === 0 ? below(3 * 3_600_000) : below(90_000);
    const symbol = below(3) === 0 ? "MSFT" : "AAPL";
    const batch: Trade[] = [];
    for (let command = 0; command < 3; command += 1) {
      seq += 1;
      const count = below(13);
      for (let index = 0; index < count; index += 1)
        batch.push({
          ...{ seq, index, price: 990_000 + below(200) * 100, quantity: 1 + below(50), at: clock },
        });
    }
    await settle(symbol, batch);
    batches += batch.some(({ index }) => index >= 10) ? 1 : 0;
    if (round % 20 !== 19) continue;
    for (const [interval, seconds] of Object.entries(CANDLE_SECONDS) as [CandleInterval, number][])
      for (const [name, made] of tape) {
        const limit = 1 + below(20);
        const { found } = await all(
          candles,
          name,
          "candles",
          `interval=${interval}&limit=${limit}`,
        );
        assert.deepEqual(found, naive(made, seconds), `${name} ${interval} by ${limit}`);
      }
  }
  assert.ok(batches > 20, "batches with more trades than one digit counts");
  const { rows } = await database.query(sql`
    (select * from market.candle except select * from market.candle_of_tape)
    union all (select * from market.candle_of_tape except select * from market.candle)`);
  assert.deepEqual(rows, []);
});

test("trades are read newest first and completely, and pages are stable while trades are added", async () => {
  const made = [...(tape.get("AAPL") ?? [])].reverse();
  const ids = made.map(({ seq, index }) => `AAPL-${seq}-${index}`);
  const { found, pages } = await all(trades, "AAPL", "trades", "limit=7");
  assert.deepEqual(
    found.map(({ trade_id }) => trade_id),
    ids,
  );
  assert.equal(pages, Math.ceil(ids.length / 7));
  const first = (await get(trades, "AAPL", "limit=7")).json();
  const seq = (made[0]?.seq ?? 0) + 1_000;
  await settle("AAPL", [{ seq, index: 0, price: 1_000_000, quantity: 1, at: Date.now() }]);
  const second = (await get(trades, "AAPL", `limit=7&after=${first["next_page_token"]}`)).json();
  assert.deepEqual(
    (second["trades"] as { trade_id: string }[]).map(({ trade_id }) => trade_id),
    ids.slice(7, 14),
  );
  const [newest] = (await get(trades, "AAPL", "limit=1")).json()["trades"] as object[];
  assert.deepEqual(
    { ...newest, ts: "" },
    {
      ...{ symbol: "AAPL", trade_id: `AAPL-${seq}-0`, price: "100.00", quantity: 1 },
      ...{ taker_side: "buy", seq, ts: "" },
    },
  );
});

test("trades and candles have the number of the last settled command, as the feed does", async () => {
  const { rows } = await database.query<{ seq: bigint }>(
    sql`select settled_seq as seq from trading.book where symbol = 'AAPL'`,
  );
  for (const handler of [trades, candles])
    assert.equal((await get(handler, "AAPL")).json()["seq"], Number(rows[0]?.seq));
});

test("an instrument without trades has an empty list; an unknown one is not found", async () => {
  for (const [handler, field] of [
    [trades, "trades"],
    [candles, "candles"],
  ] as const) {
    const body = (await get(handler, "NONE")).json();
    assert.deepEqual([body[field], body["next_page_token"], body["seq"]], [[], null, 0]);
    for (const symbol of ["GONE", "aapl", "A-B", "__proto__", newUuid()])
      assert.equal((await get(handler, symbol)).status, 404, symbol);
  }
});

test("an unknown width, an invalid cursor and a page that is too large are refused and named", async () => {
  const wrong = [
    ...["interval=2m", "interval=", "interval=1M", "limit=501", "limit=0", "limit=-1", "limit=1e2"],
    ...["after=yesterday", "after=2026-13-01T00:00:00Z", "after=", "symbol=AAPL"],
  ];
  for (const query of wrong) assert.equal((await get(candles, "AAPL", query)).status, 422, query);
  for (const query of ["after=x", "after=1", "after=1-", "after=-1-0", "after=1-0-0", "limit=x"])
    assert.equal((await get(trades, "AAPL", query)).status, 422, query);
});

test("market data needs a token", async () => {
  for (const handler of [trades, candles]) {
    const reply = await invoke(handler, { method: "GET", params: { symbol: "AAPL" } });
    assert.equal(reply.status, 401);
  }
});
