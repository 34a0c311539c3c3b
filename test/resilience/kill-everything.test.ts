import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { readEnvironment } from "../../infra/local/launcher/state.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { until } from "../../layers/testing/until.ts";
import type { ClientBook, MarketMessage } from "../feed/feed-client.ts";
import { follower } from "../support/follower.ts";
import { childrenOf, findPlace, launch, runProgram } from "../support/launcher.ts";

// A whole system under a stream of orders, in which every kind of process dies with SIGKILL: the
// two order services, the matcher, the queue, PostgreSQL, the feed, the worker. A client without an
// answer asks again with the same client_order_id; clients of the feed reconnect and continue with
// their books.

/** How often each of them dies. */
const TURNS = Number(process.env["TURNS"] ?? 1);
const VICTIMS = ["orders-a", "matcher", "sqs", "orders-b", "postgres", "worker", "market-feed"];
const below = randomBelow(SEED);
const place = await findPlace();
const system = launch(place.env, ["--quiet-market"]);
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(place.home, { recursive: true, force: true });
});

const token = (email: string): string => runProgram(place.env, ["token", email]).stdout.trim();

type Acknowledged = { readonly clientOrderId: string; readonly orderId: string };

test("when any process is killed under load, every acknowledged order exists once, every balance is right and every book agrees", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  await system.says(/BrokerX is ready in/, 90_000);
  const environment = await readEnvironment(place.home);
  const database = openDatabase({
    url: environment?.["DATABASE_URL_ORDERS"] ?? "",
    poolSize: 2,
    applicationName: "test",
  });
  after(() => database.end());
  const before = await totals(database);

  const cable = `ws://127.0.0.1:${place.ports["market-feed"]}/cable`;
  const demo = token("demo@brokerx.local");
  const followers = Array.from({ length: 10 }, () => follower(`${cable}?token=${demo}`, "AAPL"));
  after(() => {
    for (const client of followers) client.end();
  });
  const acknowledged: Acknowledged[] = [];
  const tally = { retries: 0 };
  let streaming = true;
  const trade = async (email: string, direction: string): Promise<void> => {
    const authorization = `Bearer ${token(email)}`;
    while (streaming) {
      const clientOrderId = randomUUID();
      const price = `${99 + below(3)}.${below(10)}0`;
      const order = {
        symbol: "AAPL",
        order_type: "limit",
        direction,
        quantity: 1 + below(5),
        price,
      };
      const body = JSON.stringify({ order: { ...order, client_order_id: clientOrderId } });
      acknowledged.push(await insist(authorization, body, clientOrderId, tally));
    }
  };
  const stream = [
    trade("alice@brokerx.local", "buy"),
    trade("alice@brokerx.local", "buy"),
    trade("bob@brokerx.local", "sell"),
    trade("bob@brokerx.local", "sell"),
  ];
  for (const victim of Array.from({ length: TURNS }, () => VICTIMS).flat()) {
    const reached = acknowledged.length + 20;
    await until(() => acknowledged.length > reached, "the stream goes on", 60_000);
    await kill(victim);
  }
  const reached = acknowledged.length + 20;
  await until(() => acknowledged.length > reached, "the stream goes on after all", 60_000);
  streaming = false;
  await Promise.all(stream);
  t.diagnostic(`${acknowledged.length} orders, ${tally.retries} of them asked for again`);
  assert.ok(tally.retries > 0, "no request ever met a dead process");

  await until(async () => (await waiting(database)) === 0n, "everything is matched", 60_000);
  await assertAllThere(database, acknowledged);
  assert.deepEqual(await totals(database), before);
  const verified = runProgram(place.env, ["verify-reports"]);
  assert.equal(verified.code, 0, verified.stderr);

  const book = await readBook();
  for (const client of followers) {
    await until(() => client.book.seq === book.seq, "a client has the last change");
    assert.deepEqual(shown(client.book), { bids: book.bids, asks: book.asks });
    assert.ok(client.heard.connections > 1, "the feed died, and this client never noticed");
  }
  const checks = followers.reduce((sum, { book: { checks: own } }) => sum + own, 0);
  t.diagnostic(`${checks} checksums compared`);
  assert.ok(checks > 100, "the clients saw too little");
});

test("no log of any process contains a token, despite all failures", async () => {
  const folder = join(place.home, "logs");
  const files = await readdir(folder);
  assert.ok(files.length >= VICTIMS.length);
  let lines = 0;
  for (const file of files) {
    const text = await readFile(join(folder, file), "utf8");
    lines += text.split("\n").length;
    assert.doesNotMatch(text, /eyJ[\w-]{8}|[?&]t(oken|icket)=(?!\[)/, file);
  }
  assert.ok(lines > 50, "nothing was logged, so this showed nothing");
});

/** The whole book, as the feed's port returns it over HTTP. */
const readBook = async (): Promise<MarketMessage> => {
  const url = `http://127.0.0.1:${place.ports["market-feed"]}/api/v1/instruments/AAPL/book`;
  const authorization = `Bearer ${token("demo@brokerx.local")}`;
  let response: Response | undefined;
  const answers = async (): Promise<boolean> => {
    response = await fetch(url, { headers: { authorization } }).catch(() => undefined);
    return response?.status === 200;
  };
  await until(answers, "the feed is back", 60_000);
  return (await response?.json()) as MarketMessage;
};

const shown = (book: ClientBook) => ({ bids: book.levels("bids"), asks: book.levels("asks") });

/** Kills one process of the system and waits until the launcher has noticed. */
const kill = async (name: string): Promise<void> => {
  const said = system.output().length;
  const child = childrenOf(system).find(({ pid, command }) => isCalled(name, pid, command));
  assert.ok(child !== undefined, `${name} is not running`);
  process.kill(child.pid, "SIGKILL");
  const noticed = () => system.output().slice(said).includes(`${name} ended`);
  await until(noticed, `the launcher misses ${name}`);
};

/** The services run the same program: their environment tells them apart. */
const isCalled = (name: string, pid: number, command: string): boolean =>
  name === "postgres"
    ? command.includes("bin/postgres")
    : readFileSync(`/proc/${pid}/environ`, "latin1")
        .split("\0")
        .includes(`BROKERX_INSTANCE=${name}`);

type Database = ReturnType<typeof openDatabase>;

const ask = async (authorization: string, body: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${place.ports[below(2) === 0 ? "orders-a" : "orders-b"]}/api/v1/orders`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body,
    signal: AbortSignal.timeout(5_000),
  });

/**
 * Repeats the request until there is an answer; an order that may have been accepted is looked up
 * by its id.
 */
const insist = async (
  authorization: string,
  body: string,
  clientOrderId: string,
  tally: { retries: number },
): Promise<Acknowledged> => {
  for (;;) {
    try {
      const response = await ask(authorization, body);
      const said = (await response.json()) as { readonly order_id?: string };
      if (said.order_id !== undefined) return { clientOrderId, orderId: said.order_id };
      assert.equal(response.status, 503, JSON.stringify(said));
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
    tally.retries += 1;
    await delay(50);
  }
};

const waiting = async (database: Database): Promise<bigint> => {
  const { rows } = await database.query<{ waiting: bigint }>(
    sql`select count(*) as waiting from trading."order" where status = 'new'`,
  );
  return rows[0]?.waiting ?? 0n;
};

/** All cash and all shares: trades move them and never change their sum. */
const totals = async (database: Database): Promise<unknown> => {
  const { rows } = await database.query(sql`
    select asset, sum(available + held)::text as total from ledger.balance group by asset order by asset`);
  return rows;
};

const assertAllThere = async (
  database: Database,
  acknowledged: readonly Acknowledged[],
): Promise<void> => {
  const { rows } = await database.query<{ client_order_id: string; order_id: string }>(
    sql`select client_order_id, order_id from trading."order"`,
  );
  const stored = new Map(rows.map((row) => [row.client_order_id, row.order_id]));
  assert.equal(stored.size, rows.length, "an order was accepted twice");
  for (const { clientOrderId, orderId } of acknowledged)
    assert.equal(stored.get(clientOrderId), orderId, "an acknowledged order is lost");
  for (const view of [
    sql`select * from ledger.imbalance`,
    sql`select * from trading.hold_drift`,
    sql`select order_id from trading."order"
      left join trading.trade on order_id in (maker_order_id, taker_order_id)
      group by order_id having filled_quantity <> coalesce(sum(trade.quantity), 0)`,
  ])
    assert.deepEqual((await database.query(view)).rows, []);
  const { rows: traded } = await database.query(sql`select from trading.trade limit 1`);
  assert.equal(traded.length, 1, "nothing was traded");
};
