import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { sequenceCommands } from "../../layers/store/matching/command-outbox.ts";
import { decodeCommand, readCommands } from "../../layers/store/matching/commands.ts";
import { settle } from "../../layers/store/matching/settlement.ts";
import { readShards, takeShards } from "../../layers/store/matching/shards.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { recoverBook } from "../../matcher/recover.ts";
import type { SymbolBook } from "../../matcher/symbol-book.ts";
import { assertUninterrupted, hashOf, rebuiltBook } from "../support/books.ts";
import { createOrderPath } from "../support/exchange.ts";

// A live book and a book rebuilt from PostgreSQL are equal at a hundred points of a random session:
// every queue in its order, every untriggered stop, every hold.

const POINTS = 100;
const SYMBOL = "AAPL" as Ticker;
const database = await testDatabase();
const orderPath = createOrderPath(database);
await createInstrument(database, SYMBOL);
const below = randomBelow(SEED);
const oneOf = <T>(...choices: readonly [T, ...T[]]): T =>
  choices[below(choices.length)] ?? choices[0];

const price = () => `${98 + below(5)}.${below(4)}0`;

/**
 * Orders that rest, trade, wait as stops or prevent self-trades: with few prices, so that queues
 * form.
 */
const randomTerms = (): OrderTerms => {
  const side = oneOf("buy" as const, "sell" as const);
  const quantity = 1 + below(9);
  const selfTradePrevention = oneOf(
    "expire_taker" as const,
    "expire_maker" as const,
    "expire_both" as const,
    "decrement" as const,
  );
  if (below(5) === 0) {
    const stopPrice = usd(side === "buy" ? `10${1 + below(4)}.00` : `${99 - below(4)}.00`);
    const limit = below(2) === 0 ? price() : undefined;
    const orderType = limit === undefined ? "stop" : "stop_limit";
    return order(side, quantity, limit, { orderType, stopPrice, selfTradePrevention });
  }
  const timeInForce = oneOf("DAY" as const, "DAY" as const, "GTC" as const, "IOC" as const);
  return order(side, quantity, price(), { timeInForce, selfTradePrevention });
};

type Seen = { queues: number; stops: number; partial: number; triggered: number };

/** Counts the points at which the book had features that are hard to rebuild. */
const look = (book: SymbolBook, seen: Seen): void => {
  const { resting, stops } = book.picture() as {
    readonly resting: readonly { side: string; price: number; record: { status: string } }[];
    readonly stops: readonly object[];
  };
  const levels = Map.groupBy(resting, ({ side, price: at }) => `${side} ${at}`);
  if ([...levels.values()].some((queue) => queue.length > 2)) seen.queues += 1;
  if (stops.length > 1) seen.stops += 1;
  if (resting.some(({ record }) => record.status === "partially_filled")) seen.partial += 1;
};

test("a rebuilt book equals the live book at a hundred points of a session", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const clients: ClientId[] = [];
  for (let count = 0; count < 3; count += 1)
    clients.push(
      await createTestClient(database, {
        ...{ cash: usd("10000000"), shares: { [SYMBOL]: 100_000 }, maxOpenOrders: 10_000 },
      }),
    );
  const all = (await readShards(database)).shards.map(({ shard }) => shard);
  const taking = { holder: "test", superseded: undefined, shards: all, seconds: 3_600 };
  const leases = await takeShards(database, taking);
  const { rows } = await database.query<{ readonly shard: number }>(
    sql`select shard from trading.book where symbol = ${SYMBOL}`,
  );
  const lease = leases.find(({ shard }) => shard === rows[0]?.shard);
  assert.ok(lease !== undefined);
  const { book, epoch } = await recoverBook(database, SYMBOL, lease);

  const placed: Order[] = [];
  const seen: Seen = { queues: 0, stops: 0, partial: 0, triggered: 0 };
  for (let point = 0; point < POINTS; point += 1) {
    for (let count = 1 + below(10); count > 0; count -= 1) {
      const target = placed[below(placed.length + 1)];
      if (below(4) === 0 && target !== undefined) await requestCancel(target);
      else placed.push(await orderPath.place(oneOf(...(clients as [ClientId])), randomTerms()));
    }
    await sequenceCommands(database, leases);
    const commands = await readCommands(database, SYMBOL, book.lastSeq, 500);
    if (commands.length > 0) {
      const batch = book.apply(commands.map(decodeCommand));
      await settle(database, book.settlement(batch), {
        epoch,
        settledAt: new Date(),
        positions: new Map(),
      });
    }
    look(book, seen);
    const rebuilt = await rebuiltBook(database, SYMBOL);
    assert.deepEqual(rebuilt.picture(), book.picture(), `at point ${point}`);
    assert.equal(hashOf(rebuilt), hashOf(book), `at point ${point}`);
  }
  const trades = await assertUninterrupted(database, SYMBOL);
  const { rows: woken } = await database.query<{ readonly count: bigint }>(
    sql`select count(*) as count from trading."order" where triggered`,
  );
  seen.triggered = Number(woken[0]?.count ?? 0n);
  t.diagnostic(`${placed.length} orders, ${trades} trades; points with: ${JSON.stringify(seen)}`);
  assert.ok(Math.min(...Object.values(seen)) >= 10, `too tame a session: ${JSON.stringify(seen)}`);
  assert.ok(trades >= 50);
});

/** Requests a cancel and does not wait for the matcher, because none is running. */
const requestCancel = async ({ clientId, orderId }: Order): Promise<void> => {
  await database.query(sql`
    with asked as (
      update trading."order"
      set pending_action = 'pending_cancel', lock_version = lock_version + 1
      where order_id = ${orderId} and not closed and pending_action is null
      returning symbol
    )
    insert into trading.outbox (symbol, command)
    select symbol, jsonb_build_object('type', 'cancel', 'orderId', ${orderId}::text,
      'clientId', ${clientId}::text, 'correlationId', 'test')
    from asked`);
  await recordByHand(database, clientId);
};
