import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSqs } from "../../infra/local/queue/sqs.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { openQueues } from "../../layers/queue/sqs.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase, withDefaultWait } from "../../layers/testing/database.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { startMatcher } from "../../matcher/matcher.ts";
import { createOrderPath } from "../support/exchange.ts";
import { loadRoutes } from "../support/routes.ts";
import { by, tcpProxy } from "../support/tcp-proxy.ts";

// What a client sees while a dependency of BrokerX is down: a prompt refusal with the reason, and
// afterwards everything that was accepted, once. The handlers reach PostgreSQL, and the matcher its
// queue, through proxies that can be cut and blocked. The tests of the notifier cover the mail
// server.

const ANSWERED_WITHIN_MS = 2_000;
/** Other tests use the machine at the same time: this is a limit, not the speed. */
const SLACK_MS = 1_500;
const RECOVERED_WITHIN_MS = 15_000;

const database = await testDatabase();
await createInstrument(database, "AAPL");
const road = await tcpProxy(Number(new URL(database.url).port));
useEnvironment(withDefaultWait(by(road, database.url)));
const routes = await loadRoutes();
const client = await createTestClient(database, { cash: usd("100000") });
const headers = { authorization: await authorizationOf(client) };

const send = (operation: string, request: object): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  return invoke(route.handler, { method: route.contract.method, headers, ...request });
};

const look = () => send("getPortfolio", {});
const payIn = (key = newUuid()) =>
  send("deposit", {
    body: { amount: "1.00", currency: "USD" },
    headers: { ...headers, "idempotency-key": key },
  });
const buy = (name = newUuid()) => {
  const terms = { symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "1" };
  return send("placeOrder", { body: { order: { ...terms, price: "100", client_order_id: name } } });
};

const assertTold = async (what: string, ask: () => Promise<Reply>): Promise<void> => {
  const sent = performance.now();
  const reply = await ask();
  const ms = performance.now() - sent;
  assert.deepEqual([reply.status, reply.json()["code"]], [503, "unavailable"], what);
  assert.ok(Number(reply.headers["retry-after"]) >= 1, `${what} does not say when to come back`);
  assert.ok(ms < ANSWERED_WITHIN_MS + SLACK_MS, `${what} was answered after ${Math.round(ms)} ms`);
};

const assertRecovers = async (): Promise<void> => {
  const ok = async () => (await payIn()).status === 201 && (await buy()).status === 201;
  await until(ok, "deposits and orders are accepted again", RECOVERED_WITHIN_MS);
};

const allTold = () =>
  Promise.all([
    assertTold("the portfolio", look),
    assertTold("a deposit", payIn),
    assertTold("an order", buy),
  ]);

test("while PostgreSQL is down every request is refused in time, and it is used again when it is back", async () => {
  await assertRecovers();
  road.cut();
  await allTold();
  await allTold();
  road.open();
  await assertRecovers();
});

test("a PostgreSQL that no longer answers keeps no request waiting", async () => {
  await until(async () => (await look()).status === 200, "the way is free", RECOVERED_WITHIN_MS);
  await Promise.all([look(), look(), look(), look()]); // leaves connections that are open and idle
  road.jam();
  await allTold();
  await allTold();
  road.open();
  await assertRecovers();
});

test("after a connection reset between commit and answer, a repeated request finds its effect", async () => {
  await assertRecovers();
  const before = road.lost();
  // New connections send whole statements, by which the proxy recognises them; the old connections
  // end here.
  road.cut();
  road.open();
  await until(async () => (await look()).status === 200, "a new connection", RECOVERED_WITHIN_MS);
  road.loseAnswersTo("ledger.credit_deposit", "trading.accept_orders");
  const told = await Promise.all([buy("reset"), payIn("reset")]);
  road.loseAnswersTo();
  assert.deepEqual(
    told.map(({ status }) => status),
    [503, 503],
  );
  assert.equal(road.lost() - before, 2, "no answer was lost");
  await assertRecovers();
  const again = await Promise.all([buy("reset"), payIn("reset")]);
  assert.deepEqual(
    again.map(({ status, headers: sent }) => [status, sent["idempotent-replayed"]]),
    [
      [200, "true"],
      [200, "true"],
    ],
  );
});

test("while SQS is down orders are accepted, and all of them are matched when it is back", async (t) => {
  const port = await freePort();
  const server = await startSqs(port);
  const road = await tcpProxy(port);
  const endpoint = `http://127.0.0.1:${road.port}`;
  const queueUrl = `${endpoint}/000000000000/commands-0.fifo`;
  const matcher = await startMatcher({
    ...{ database, bookDatabase: database, clock: systemClock },
    ...{ logger: testLogger(), metrics: createMetrics() },
    queueOf: openQueues({ queueUrl, endpoint, region: "us-east-1" }),
    config: { databaseUrl: database.url, instance: "matcher" },
  });
  after(async () => {
    await matcher.stop();
    await server.close();
  });
  const orderPath = createOrderPath(database);
  const buyer = await createTestClient(database, { cash: usd("10000") });
  const waiting = async () => {
    const { rows } = await database.query<{ waiting: bigint }>(
      sql`select count(*) as waiting from trading."order" where status = 'new'`,
    );
    return Number(rows[0]?.waiting);
  };
  await until(async () => (await waiting()) === 0, "orders of before are matched");
  road.cut();
  const placed = await Promise.all(
    Array.from({ length: 20 }, () => orderPath.place(buyer, order("buy", 1, "100"))),
  );
  t.diagnostic(`${await waiting()} orders unmatched while the queue was away`);
  road.open();
  const opened = performance.now();
  await until(async () => (await waiting()) === 0, "every order is matched", RECOVERED_WITHIN_MS);
  t.diagnostic(`all matched ${Math.round(performance.now() - opened)} ms after it was back`);
  const seen = await Promise.all(placed.map(({ orderId }) => orderPath.read(buyer, orderId)));
  assert.deepEqual([...new Set(seen.map(({ status }) => status))], ["working"]);
});
