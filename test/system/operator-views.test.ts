import assert from "node:assert/strict";
import { test } from "node:test";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { until } from "../../layers/testing/until.ts";
import { administration, bid } from "../support/administration.ts";

// The operator's views: a client's orders, the calendars, the matchers and their symbols.

const database = await testDatabase();
const { buyer, seller, ask, act, refusal } = await administration(database);

type Orders = readonly { readonly order_id: string; readonly symbol: string }[];
type SymbolState = {
  readonly symbol: string;
  readonly shard: number;
  readonly last_seq: number;
  readonly settled_seq: number;
  readonly waiting_commands: number;
  readonly resting_orders: number;
  readonly failed_seq: number | null;
};

const stateOf = async (symbol: string): Promise<SymbolState> => {
  const state = await act("getMatchingState");
  const found = (state["symbols"] as readonly SymbolState[]).find((row) => row.symbol === symbol);
  assert.ok(found !== undefined);
  return found;
};

test("an operator reads a client's orders in pages, and this is audited", async () => {
  const params = { client_id: buyer };
  for (const symbol of ["AAPL", "MSFT", "AAPL"])
    assert.equal(await refusal(bid(symbol)), "accepted");
  const orders = async (query: string) => {
    const page = await act("listClientOrders", { params, query });
    return { orders: page["orders"] as Orders, next: page["next_page_token"] };
  };
  assert.equal((await orders("status=open&symbol=AAPL")).orders.length, 2);
  const first = await orders("limit=2");
  const second = await orders(`limit=2&after=${first.next}`);
  assert.equal(second.next, null);
  const ids = [...first.orders, ...second.orders].map(({ order_id }) => order_id);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(ids, ids.toSorted().toReversed());
  const { rows } = await database.query(sql`
    select from trading.audit where action = 'client_orders_viewed' and subject = ${buyer}`);
  assert.equal(rows.length, 3);
  const sellerOrders = await act("listClientOrders", { params: { client_id: seller } });
  assert.deepEqual(sellerOrders["orders"], []);
  const absent = await ask("listClientOrders", { params: { client_id: newUuid() } });
  assert.equal(absent.status, 404);
});

test("the matching state follows the commands until they are settled", async () => {
  await until(
    async () => (await stateOf("MSFT")).settled_seq === 1,
    "the order of the test before is settled",
  );
  const before = await stateOf("MSFT");
  assert.equal(await refusal(bid("MSFT")), "accepted");
  await until(
    async () => (await stateOf("MSFT")).settled_seq === before.settled_seq + 1,
    "the order is settled",
  );
  const { last_seq, waiting_commands, resting_orders, failed_seq, shard } = await stateOf("MSFT");
  assert.equal(last_seq, before.settled_seq + 1);
  assert.equal(waiting_commands, 0);
  assert.equal(failed_seq, null);
  assert.equal(resting_orders, before.resting_orders + 1);
  const state = await act("getMatchingState");
  const matchers = state["matchers"] as readonly { readonly shards: readonly number[] }[];
  assert.ok(matchers.some(({ shards }) => shards.includes(shard)));
  assert.deepEqual(state["shards_without_matcher"], []);
  assert.deepEqual(Object.keys(state["outbox"] as object), ["commands", "oldest_seconds"]);
});

test("the calendars are listed with their hours and next holidays", async () => {
  const listed = (await act("listCalendars"))["calendars"] as readonly Record<string, unknown>[];
  const [always, newYork] = listed;
  assert.equal(always?.["calendar"], "ALWAYS");
  assert.equal(always?.["open"], true);
  assert.deepEqual(always?.["holidays"], []);
  const { calendar, time_zone, opens_at, closes_at, weekdays, known_until, holidays } =
    newYork ?? {};
  assert.deepEqual(
    { calendar, time_zone, opens_at, closes_at, weekdays, known_until },
    {
      ...{ calendar: "XNYS", time_zone: "America/New_York", known_until: "2040-12-31" },
      ...{ opens_at: "09:30", closes_at: "16:00", weekdays: [1, 2, 3, 4, 5] },
    },
  );
  const days = (holidays as readonly { readonly day: string }[]).map(({ day }) => day);
  assert.ok(days.length > 0 && days.length <= 10);
  assert.deepEqual(days, days.toSorted());
});
