import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { OrderTerms } from "../../domain/orders/order.ts";
import { money, shares } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder, type Wish } from "../../testing/new-order.ts";
import { randomBelow, SEED } from "../../testing/random.ts";
import { decodeCommand } from "../matching/commands.ts";
import { sql } from "../pg/database.ts";
import { acceptOrders, type NewOrder, type Verdict } from "./accept-orders.ts";
import { findOrder } from "./orders.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");
const below = randomBelow(SEED);
const cash = (dollars: number) => money(BigInt(dollars) * 10_000n);

/** A verdict in short: `accepted`, `known`, or the refusal with its limit and value. */
const inWords = (verdict: Verdict): string => {
  if (verdict.kind !== "refused") return verdict.kind;
  const { code, limit, value } = verdict.refusal;
  return `${code} ${limit} ${value}`;
};

const accept = async (orders: readonly NewOrder[]): Promise<readonly string[]> =>
  (await acceptOrders(database, orders)).map(inWords);

/** The state of a client: the available assets, the room for open orders, and the used ids. */
type Purse = {
  USD: number;
  AAPL: number;
  openOrders: number;
  readonly maxOpenOrders: number;
  readonly ids: Set<string>;
  readonly terms: Set<string>;
};

/**
 * The rule in plain code: orders are processed one after the other, and each takes from what is
 * available.
 */
const judge = (purse: Purse, { direction, quantity, name }: Wish): string => {
  const asset = direction === "buy" ? "USD" : "AAPL";
  const terms = `${direction} ${quantity}`;
  if (name !== undefined && purse.ids.has(name)) return "known";
  if (name === undefined && purse.terms.has(terms)) return "duplicate_order one in 10000 ms two";
  if (purse.openOrders >= purse.maxOpenOrders)
    return `open_order_limit ${purse.maxOpenOrders} ${purse.openOrders + 1}`;
  if (purse[asset] < quantity)
    return direction === "buy"
      ? `insufficient_funds ${purse.USD}.00 ${quantity}.00`
      : `insufficient_shares ${purse.AAPL} ${quantity}`;
  purse[asset] -= quantity;
  purse.openOrders += 1;
  if (name === undefined) purse.terms.add(terms);
  else purse.ids.add(name);
  return "accepted";
};

const openPurse = async () => {
  const purse: Purse = {
    ...{ USD: below(40), AAPL: 1 + below(40), openOrders: 0, maxOpenOrders: 1 + below(16) },
    ...{ ids: new Set<string>(), terms: new Set<string>() },
  };
  const client = await createTestClient(database, {
    cash: cash(purse.USD),
    shares: { AAPL: purse.AAPL },
    maxOpenOrders: purse.maxOpenOrders,
  });
  return { client, purse };
};

/** The wish as an order; without an id it is a duplicate of the same terms for ten seconds. */
const orderFor = (wish: Wish): NewOrder => {
  const order = newOrder(wish);
  if (wish.name !== undefined) return order;
  return {
    ...order,
    terms: { ...order.terms, clientOrderId: undefined },
    endsAt: undefined,
    duplicateWindowMs: 10_000,
  };
};

test("each order of a batch gets the verdict of the rule, in order of arrival", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const seen = new Map<string, number>();
  for (let round = 0; round < 60; round += 1) {
    const people = await Promise.all([openPurse(), openPurse(), openPurse()]);
    for (let batch = 0; batch < 2; batch += 1) {
      const wishes = Array.from({ length: 1 + below(24) }, () => {
        const { client, purse } = people[below(3)] ?? assert.fail();
        const direction = below(2) === 0 ? "buy" : "sell";
        const name = below(2) === 0 ? {} : { name: `id ${below(20)}` };
        return { purse, wish: { client, direction, quantity: 1 + below(9), ...name } as const };
      });
      const expected = wishes.map(({ purse, wish }) => judge(purse, wish));
      assert.deepEqual(await accept(wishes.map(({ wish }) => orderFor(wish))), expected);
      for (const verdict of expected) {
        const [code = ""] = verdict.split(" ");
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
    }
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(seen)));
  for (const code of ["accepted", "known", "duplicate_order", "open_order_limit"])
    assert.ok((seen.get(code) ?? 0) > 20, `${code} hardly ever happened`);
  for (const code of ["insufficient_funds", "insufficient_shares"])
    assert.ok((seen.get(code) ?? 0) > 20, `${code} hardly ever happened`);
});

test("a client without an account, and a suspended client, are refused with their status", async () => {
  const suspended = await createTestClient(database, { cash: cash(10) });
  await database.query(sql`
    update trading.account set status = 'suspended' where client_id = ${suspended}`);
  const active = await createTestClient(database, { cash: cash(10) });
  const buy = (client: ClientId) => newOrder({ client, direction: "buy", quantity: 1 });
  assert.deepEqual(await accept([buy(suspended), buy(newUuid() as ClientId), buy(active)]), [
    "client_not_active active suspended",
    "client_not_active active not a client",
    "accepted",
  ]);
});

/** Orders of every kind whose rows differ. */
const anyOrder = (client: ClientId): NewOrder => {
  const direction = below(2) === 0 ? "buy" : "sell";
  const plain = newOrder({ client, direction, quantity: 1 + below(5) });
  const stops = below(3) === 0;
  const ends = below(3) === 0;
  const terms: OrderTerms = {
    ...plain.terms,
    clientOrderId: below(3) === 0 ? undefined : `"a\\b", (${newUuid().slice(24)}) {é}`,
    orderType: stops ? "stop_limit" : "limit",
    stopPrice: stops ? money(9_900n) : undefined,
    timeInForce: ends ? "GTD" : "DAY",
    expiresAt: ends ? new Date("2030-01-01T00:00:00.123Z") : undefined,
    postOnly: below(2) === 0,
    selfTradePrevention: below(2) === 0 ? "decrement" : "expire_both",
  };
  const traceparent =
    below(2) === 0 ? undefined : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return { ...plain, terms, waits: below(3) === 0, traceparent };
};

/** How many rows of each kind an accepted order has left. */
const rowsOf = async ({ orderId }: NewOrder) => {
  const { rows } = await database.query<Record<string, bigint>>(sql`
    select
      (select count(*) from ledger.journal where reference = ${orderId} and kind = 'hold') as holds,
      (select count(*) from trading.outbox where command->>'orderId' = ${orderId}) as queued,
      (select count(*) from trading.waiting where order_id = ${orderId}::uuid
        and command->>'orderId' = ${orderId}) as waiting,
      (select count(*) from trading.audit where subject = ${orderId}) as audited`);
  return rows[0];
};

/** The command of the order, as the matcher reads it. */
const commandOf = async ({ orderId, terms: { symbol } }: NewOrder) => {
  const { rows } = await database.query<{ readonly command: unknown }>(sql`
    select command from trading.outbox where command->>'orderId' = ${orderId}
    union all
    select command::json from trading.waiting where order_id = ${orderId}::uuid`);
  const record = rows[0]?.command;
  return decodeCommand({ symbol, seq: 1, record, acceptedAt: new Date(0) });
};

test("an accepted order is stored as it was sent, with its hold, its command and its audit row", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const client = await createTestClient(database, { cash: cash(10_000), shares: { AAPL: 1_000 } });
  const orders = Array.from({ length: 40 }, () => anyOrder(client));
  for (const [index, verdict] of (await acceptOrders(database, orders)).entries()) {
    assert.ok(verdict.kind === "accepted");
    const order = orders[index] ?? assert.fail();
    assert.deepEqual(await findOrder(database, client, order.orderId), verdict.order);
    const [waiting, queued] = order.waits ? [1n, 0n] : [0n, 1n];
    assert.deepEqual(await rowsOf(order), { holds: 1n, queued, waiting, audited: 1n });
    const { symbol, clientOrderId: _, expiresAt: __, price: ___, ...terms } = order.terms;
    const { stopPrice, ...others } = terms;
    assert.deepEqual(await commandOf(order), {
      ...{ symbol, seq: 1, correlationId: "test", traceparent: order.traceparent },
      acceptedAt: new Date(0),
      command: {
        ...{ type: "place", orderId: order.orderId, clientId: client, ...others },
        ...(stopPrice === undefined ? {} : { stopPrice }),
        collarPrice: order.intent.collarPrice,
      },
    });
  }
});

test("a refused order writes nothing, and its money stays available for the next order", async () => {
  const client = await createTestClient(database, { cash: cash(10) });
  const orders = [4, 7, 6, 1].map((quantity) => newOrder({ client, direction: "buy", quantity }));
  assert.deepEqual(await accept(orders), [
    "accepted",
    "insufficient_funds 6.00 7.00",
    "accepted",
    "insufficient_funds 0.00 1.00",
  ]);
  const [, refused = assert.fail()] = orders;
  assert.deepEqual(await rowsOf(refused), { holds: 0n, queued: 0n, waiting: 0n, audited: 0n });
  assert.equal(await findOrder(database, client, refused.orderId), undefined);
});

test("an empty batch is accepted silently", async () => {
  assert.deepEqual(await acceptOrders(database, []), []);
});

test("a batch that the database cannot store as a whole writes nothing", async () => {
  const client = await createTestClient(database, { cash: cash(10) });
  const sound = newOrder({ client, direction: "buy", quantity: 1 });
  const unsound = { ...newOrder({ client, direction: "buy", quantity: 2 }) };
  const terms: OrderTerms = { ...unsound.terms, orderType: "stop", quantity: shares(2) };
  await assert.rejects(acceptOrders(database, [sound, { ...unsound, terms }]), /order_is_sound/);
  assert.equal(await findOrder(database, client, sound.orderId as OrderId), undefined);
});
