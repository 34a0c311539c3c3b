import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { deposit } from "../../functions/deposit/deposit.ts";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { Unavailable } from "../../layers/platform/unavailable.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createOrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { type Database, openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { loadRoutes } from "../support/routes.ts";
import { by, tcpProxy } from "../support/tcp-proxy.ts";

// A repeated request takes effect once and gets the same answer.

const database = await testDatabase();
await createInstrument(database, "AAPL");
useEnvironment(database.url);
const routes = await loadRoutes();

const send = async (
  operation: "deposit" | "placeOrder",
  client: ClientId,
  body: object,
  headers = {},
): Promise<Reply> => {
  const handler = routes[operation]?.handler;
  assert.ok(handler !== undefined);
  const authorization = await authorizationOf(client);
  return invoke(handler, { method: "POST", body, headers: { authorization, ...headers } });
};

const payIn = (client: ClientId, key: string, amount = "10.00") =>
  send("deposit", client, { amount, currency: "USD" }, { "idempotency-key": key });

const buy = (client: ClientId, name: string, quantity = 1) => {
  const terms = { symbol: "AAPL", order_type: "limit", direction: "buy", quantity, price: "100" };
  return send("placeOrder", client, { order: { ...terms, client_order_id: name } });
};

const count = async (what: "deposits" | "orders", client: ClientId): Promise<number> => {
  const { rows } = await database.query<{ deposits: bigint; orders: bigint }>(sql`
    select
      (select count(*) from ledger.deposit where client_id = ${client}) as deposits,
      (select count(*) from trading."order" where client_id = ${client}) as orders`);
  return Number(rows[0]?.[what]);
};

const isReplay = ({ headers }: Reply): boolean => headers["idempotent-replayed"] === "true";

test("fifty parallel deposits with one key are one deposit, and later requests get its answer", async () => {
  const client = await createTestClient(database);
  const replies = await Promise.all(Array.from({ length: 50 }, () => payIn(client, "k")));
  const [first, ...others] = replies.filter(({ status }) => status === 201);
  assert.ok(first !== undefined && others.length === 0);
  for (const reply of replies.filter((reply) => reply !== first)) {
    assert.ok(reply.status === 200 || reply.status === 409, `answered ${reply.status}`);
    if (reply.status === 409) assert.ok(Number(reply.headers["retry-after"]) >= 1);
    else assert.equal(reply.text, first.text);
  }
  const again = await payIn(client, '"k"');
  assert.deepEqual([again.status, again.text, isReplay(again)], [200, first.text, true]);
  assert.equal(await count("deposits", client), 1);
});

test("fifty parallel orders with one client_order_id are one order, in every answer", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  const replies = await Promise.all(Array.from({ length: 50 }, () => buy(client, "o")));
  assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  assert.equal(replies.filter(isReplay).length, 49);
  assert.deepEqual([...new Set(replies.map(({ status }) => status))].sort(), [200, 201]);
  assert.equal(new Set(replies.map(({ text }) => text)).size, 1, "the answers differ");
  assert.equal(await count("orders", client), 1);
});

test("the same key or client_order_id with another body is refused, and has no effect", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  await payIn(client, "k");
  await buy(client, "o");
  const refused = await Promise.all([payIn(client, "k", "10.01"), buy(client, "o", 2)]);
  assert.deepEqual(
    refused.map((reply) => [reply.status, reply.json()["code"]]),
    [
      [422, "idempotency_key_reused"],
      [422, "client_order_id_conflict"],
    ],
  );
  assert.equal(await count("orders", client), 1);
  // The opening balance is one deposit, the accepted deposit is the second.
  assert.equal(await count("deposits", client), 2);
});

test("a key whose first request is in flight answers 409, and later its answer", async () => {
  const client = await createTestClient(database);
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  try {
    await blocker.query("begin");
    await blocker.query("select from ledger.balance where client_id = $1 for update", [client]);
    const first = payIn(client, "slow");
    await until(async () => {
      const { rows } = await blocker.query(
        "select from pg_locks join pg_database on oid = database where locktype = 'advisory' and datname = current_database()",
      );
      return rows.length > 0;
    }, "the first request holds its key");
    const second = await payIn(client, "slow");
    assert.deepEqual([second.status, second.json()["code"]], [409, "idempotency_key_in_flight"]);
    await blocker.query("rollback");
    const paid = await first;
    assert.equal(paid.status, 201);
    const third = await payIn(client, "slow");
    assert.deepEqual([third.status, third.text], [200, paid.text]);
  } finally {
    await blocker.end();
  }
});

const LOST_ANSWERS = 500;
const SIDE_BY_SIDE = 10;

test(`an answer lost after commit, ${LOST_ANSWERS} times: the repeated request has one effect each time`, async (t) => {
  const proxy = await tcpProxy(Number(new URL(database.url).port));
  const reference = createReferenceData(database);
  const deps = (target: Database) => ({
    ...{ database: target, reference, newId: newUuid, clock: systemClock },
    batcher: createOrderBatcher(target),
  });
  const sound = deps(database);
  let replayed = 0;
  const askTwice = async (index: number): Promise<void> => {
    const client = await createTestClient(database, { cash: usd("1000") });
    const request = { clientId: client, correlationId: "test" };
    const terms = order("buy", 1, "100", { clientOrderId: `o${index}` });
    const money = { ...request, key: `k${index}`, amount: usd("10"), currency: "USD" };
    const ask = ({ batcher, ...rest }: typeof sound) =>
      index % 2 === 0
        ? deposit(rest, money)
        : placeOrder({ ...rest, batcher }, { ...request, terms });
    const url = by(proxy, database.url);
    const lossy = openDatabase({ url, poolSize: 1, applicationName: "lossy" });
    await assert.rejects(ask(deps(lossy)), Unavailable).finally(lossy.end);
    const again = await ask(sound);
    assert.ok(again.ok);
    if (again.value.replayed) replayed += 1;
    const effects = index % 2 === 0 ? "deposits" : "orders";
    assert.equal(await count(effects, client), effects === "orders" ? 1 : 2);
  };
  for (let from = 0; from < LOST_ANSWERS; from += SIDE_BY_SIDE) {
    proxy.loseAnswersTo("ledger.credit_deposit", "trading.accept_orders");
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, index) => askTwice(from + index)));
  }
  t.diagnostic(`${proxy.lost()} answers lost, ${replayed} of them found by asking again`);
  assert.equal(proxy.lost(), LOST_ANSWERS);
  assert.equal(
    replayed,
    LOST_ANSWERS,
    "some effects were not there before they were asked for again",
  );
});
