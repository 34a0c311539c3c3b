import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { openDatabase, type Sql, sql } from "../../layers/store/pg/database.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { mailsTo } from "../../layers/testing/identity.ts";
import {
  clientWithOrders,
  type NoticedOrder,
  settleOrders,
  timePasses,
} from "../../layers/testing/notices.ts";
import { reportOrders } from "./report-orders.ts";

const owner = await testDatabase();
const database = openDatabase({
  url: asRole(owner.url, "brokerx_notifier"),
  poolSize: 10,
  applicationName: "test notifier",
});
after(() => database.end());
const deps = { database, newId: newUuid, seal: createSeal(TEST_MAIL_SECRET) };
await createInstrument(owner, "AAPL");

const FILLED = { filled: 10, status: "filled" } as const;

const report = (limit = 20_000) => reportOrders(deps, limit);

const waiting = async (): Promise<number> => {
  const { rows } = await owner.query<{ notices: number }>(sql`
    select count(*)::integer as notices from trading.notice where due_at < 'infinity'`);
  return rows[0]?.notices ?? 0;
};

/** The orders that each mail lists, oldest mail first. */
const ordersTold = async (email: string): Promise<readonly string[][]> =>
  (await mailsTo(owner, email)).map(({ body }) =>
    [...body.matchAll(/Order ([0-9a-f-]{36})/g)].map(([, orderId = ""]) => orderId),
  );

const idsOf = (orders: readonly NoticedOrder[]) => orders.map(({ orderId }) => orderId);

test("several orders of a client make one mail with a line each, newest last", async () => {
  const orders = await clientWithOrders(owner, "several@example.org", 4);
  const [first, second, third, fourth] = orders.toReversed();
  assert.ok(first && second && third && fourth);
  await settleOrders(owner, [first], FILLED);
  await settleOrders(owner, [second], { status: "cancelled", reason: "requested" });
  await settleOrders(owner, [third], { filled: 3 });
  await settleOrders(owner, [fourth], FILLED);
  assert.equal(await report(), 4);
  const [mail, ...more] = await mailsTo(owner, first.email);
  assert.deepEqual(more, []);
  assert.equal(mail?.subject, "4 orders: 2 filled, 1 partly filled, 1 cancelled");
  assert.deepEqual(await ordersTold(first.email), [idsOf([first, second, third, fourth])]);
  assert.match(mail?.body ?? "", /^- buy 10 AAPL: Filled 3 of 10 AAPL at average 101\.00.* Order/m);
  assert.equal(await waiting(), 1);
  await settleOrders(owner, [third], { filled: 7, status: "filled" });
  await timePasses(owner, 60);
  await report();
  assert.equal(await waiting(), 0);
});

test("each of two clients gets a mail about only its own orders", async () => {
  const ada = await clientWithOrders(owner, "ada@example.org", 2);
  const bob = await clientWithOrders(owner, "bob@example.org", 3);
  await settleOrders(owner, ada, FILLED);
  await settleOrders(owner, bob, FILLED);
  assert.equal(await report(), 5);
  const told = async (email: string) => (await ordersTold(email)).map((ids) => ids.sort());
  assert.deepEqual(await told("ada@example.org"), [idsOf(ada).sort()]);
  assert.deepEqual(await told("bob@example.org"), [idsOf(bob).sort()]);
});

test("the next mail about orders follows after ten seconds and covers everything since", async () => {
  const [first, ...more] = await clientWithOrders(owner, "busy@example.org", 5);
  const otherClient = await clientWithOrders(owner, "other@example.org", 1);
  await settleOrders(owner, [first], FILLED);
  await report();
  for (const order of more) {
    await settleOrders(owner, [order], FILLED);
    assert.equal(await report(), 0);
  }
  await settleOrders(owner, otherClient, FILLED);
  assert.equal(await report(), 1, "the pause of one client does not delay another client");
  await timePasses(owner, 9);
  assert.equal(await report(), 0);
  await timePasses(owner, 1);
  assert.equal(await report(), 4);
  assert.deepEqual(await ordersTold(first.email), [idsOf([first]), idsOf(more)]);
});

test("ten thousand orders of one client are reported in one mail and a few statements", async () => {
  const orders = await clientWithOrders(owner, "bot@example.org", 10_000);
  await settleOrders(owner, orders.slice(0, 9_000), FILLED);
  await settleOrders(owner, orders.slice(9_000), { status: "cancelled", reason: "requested" });
  const statements: Sql[] = [];
  const counted = {
    ...database,
    transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
      database.transaction<T>((tx) =>
        work({
          ...tx,
          query: (statement) => {
            statements.push(statement);
            return tx.query(statement);
          },
        }),
      ),
  };
  assert.equal(await reportOrders({ ...deps, database: counted }, 20_000), 10_000);
  assert.ok(statements.length <= 7, `${statements.length} statements`);
  const [mail, ...more] = await mailsTo(owner, "bot@example.org");
  assert.deepEqual(more, []);
  assert.equal(mail?.subject, "10000 orders: 9000 filled, 1000 cancelled");
  assert.equal((await ordersTold("bot@example.org"))[0]?.length, 50);
  assert.match(mail?.body ?? "", /\nand 9950 more\.\n/);
  assert.equal(await waiting(), 0);
});

test("orders beyond the limit of a pass are reported in later mails, each once", async () => {
  const orders = await clientWithOrders(owner, "piecemeal@example.org", 25);
  await settleOrders(owner, orders, FILLED);
  const told: number[] = [];
  for (let pass = 0; pass < 4; pass += 1) {
    told.push(await report(10));
    assert.equal(await report(10), 0);
    await timePasses(owner, 10);
  }
  assert.deepEqual(told, [10, 10, 5, 0]);
  const ids = (await ordersTold("piecemeal@example.org")).flat();
  assert.deepEqual(ids.sort(), idsOf(orders).sort());
});

test("a notifier that dies before its commit loses no report", async () => {
  const orders = await clientWithOrders(owner, "crash@example.org", 3);
  await settleOrders(owner, orders, FILLED);
  const dying = {
    ...database,
    transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
      database.transaction<T>(async (tx) => {
        await work(tx);
        throw new Error("killed");
      }),
  };
  await assert.rejects(reportOrders({ ...deps, database: dying }, 100), /killed/);
  assert.deepEqual(await mailsTo(owner, "crash@example.org"), []);
  assert.equal(await report(), 3);
  assert.equal((await ordersTold("crash@example.org")).length, 1);
});

test("parallel notifiers keep the pause and report every order exactly once", async () => {
  const orders = await clientWithOrders(owner, "crowd@example.org", 400);
  let isTrading = true;
  const trading = (async () => {
    for (let from = 0; from < 400; from += 20)
      await settleOrders(owner, orders.slice(from, from + 20), FILLED);
    isTrading = false;
  })();
  /** Reports while orders trade, and once more afterwards. */
  const notifier = async (): Promise<number> => {
    let told = 0;
    for (let isLastPass = false; !isLastPass; ) {
      isLastPass = !isTrading;
      told += await report(30);
    }
    return told;
  };
  const counts = await Promise.all([notifier(), notifier(), notifier(), trading]);
  assert.equal((await ordersTold("crowd@example.org")).length, 1, "one mail in the pause");
  let told = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  while ((await waiting()) > 0) {
    await timePasses(owner, 10);
    told += (await Promise.all([report(30), report(30)])).reduce((sum, count) => sum + count);
  }
  assert.equal(told, 400);
  const ids = (await ordersTold("crowd@example.org")).flat();
  assert.deepEqual(ids.sort(), idsOf(orders).sort());
});
