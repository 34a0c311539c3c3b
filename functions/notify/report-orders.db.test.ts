import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { mailsTo } from "../../layers/testing/identity.ts";
import {
  clientWithOrders,
  type NoticedOrder,
  noticesOf,
  type Settled,
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

const openOrder = async (email: string): Promise<NoticedOrder> =>
  (await clientWithOrders(owner, email, 1))[0];

const settle = (order: NoticedOrder, settled: Settled) => settleOrders(owner, [order], settled);

const report = () => reportOrders(deps, 100);

const aMinutePasses = () => timePasses(owner, 60);

const lastMailTo = async (email: string) => (await mailsTo(owner, email)).at(-1);

test("an order that fills at once is reported in one mail, and its notice is deleted", async () => {
  const order = await openOrder("quick@example.org");
  await settle(order, { filled: 4 });
  await settle(order, { filled: 6, status: "filled" });
  assert.equal(await report(), 1);
  const mails = await mailsTo(owner, order.email);
  assert.equal(mails.length, 1);
  assert.equal(mails[0]?.subject, "Filled: buy 10 AAPL");
  assert.match(mails[0]?.body ?? "", /Filled 10 of 10 AAPL at average 101\.00, 1010\.00 in total/);
  assert.deepEqual(await noticesOf(owner, order), []);
  assert.equal(await report(), 0);
  assert.equal((await mailsTo(owner, order.email)).length, 1);
});

test("many fills of an order that stays open cause one mail a minute, each with the new fills", async () => {
  const order = await openOrder("slow@example.org");
  await settle(order, { filled: 1 });
  await report();
  for (let count = 0; count < 5; count += 1) {
    await settle(order, { filled: 1 });
    await report();
  }
  assert.equal((await mailsTo(owner, order.email)).length, 1);
  const [notice] = await noticesOf(owner, order);
  assert.ok(notice && notice.waits > 50 && notice.waits <= 60);

  await aMinutePasses();
  await report();
  const [first, second, ...more] = await mailsTo(owner, order.email);
  assert.deepEqual(more, []);
  assert.equal(first?.subject, "Partly filled: buy 10 AAPL");
  assert.match(second?.body ?? "", /Filled 6 of 10 AAPL/);
  assert.match(second?.body ?? "", /5 of them since our last mail/);
});

test("a minute without new fills causes no mail, and the last fill is still reported", async () => {
  const order = await openOrder("quiet@example.org");
  await settle(order, { filled: 3 });
  await report();
  await aMinutePasses();
  await report();
  assert.equal((await mailsTo(owner, order.email)).length, 1);
  await settle(order, { status: "cancelled", reason: "requested" });
  await aMinutePasses();
  await report();
  const last = await lastMailTo(order.email);
  assert.equal(last?.subject, "Cancelled: buy 10 AAPL");
  assert.match(last?.body ?? "", /Filled 3 of 10 AAPL at average 101\.00/);
  assert.match(last?.body ?? "", /The rest was cancelled: you requested it\./);
  assert.deepEqual(await noticesOf(owner, order), []);
});

test("an order that ends without a fill is reported with the reason", async () => {
  const order = await openOrder("unlucky@example.org");
  await settle(order, { status: "expired", reason: "no_liquidity" });
  await report();
  const mail = await lastMailTo(order.email);
  assert.equal(mail?.subject, "Expired: buy 10 AAPL");
  assert.match(mail?.body ?? "", /Nothing was filled\.\r?\nIt was expired: there was no order/);
});

test("a client who switched mails off gets none about closed or open orders", async () => {
  const [open, ...closed] = await clientWithOrders(owner, "silent@example.org", 3);
  await owner.query(sql`
    update identity.client set wants_mail = false where client_id = ${open.clientId}`);
  await settleOrders(owner, closed, { filled: 10, status: "filled" });
  await settle(open, { filled: 5 });
  assert.equal(await report(), 0);
  assert.deepEqual(await mailsTo(owner, open.email), []);
  for (const order of closed) assert.deepEqual(await noticesOf(owner, order), []);

  await owner.query(sql`
    update identity.client set wants_mail = true where client_id = ${open.clientId}`);
  await settle(open, { filled: 5, status: "filled" });
  await aMinutePasses();
  await report();
  assert.match((await lastMailTo(open.email))?.body ?? "", /5 of them since our last mail/);
});

test("an order is reported once, even when an earlier batch of its settlements arrives late", async () => {
  const order = await openOrder("late@example.org");
  await settle(order, { filled: 4 });
  await owner.query(sql`
    create table late as select order_ids, client_ids, due_at from trading.notice_outbox`);
  await settle(order, { filled: 6, status: "filled" });
  await report();
  // The next pass notes this batch; the order had already ended in this pass.
  await owner.query(sql`
    insert into trading.notice_outbox (order_ids, client_ids, due_at)
    select order_ids, client_ids, due_at from late`);
  await aMinutePasses();
  await report();
  assert.equal((await mailsTo(owner, order.email)).length, 1);
  await settle(await openOrder("other@example.org"), { filled: 10, status: "filled" });
  await report();
  const { rows } = await owner.query(
    sql`select from trading.notice where order_id = ${order.orderId}`,
  );
  assert.equal(rows.length, 0, "and then it is forgotten");
});

test("two notifiers at the same time report an order once", async () => {
  const order = await openOrder("double@example.org");
  await settle(order, { filled: 10, status: "filled" });
  await Promise.all(Array.from({ length: 5 }, report));
  assert.equal((await mailsTo(owner, order.email)).length, 1);
});

test("a fill that settles while its order is being reported is in the next mail", async () => {
  const order = await openOrder("race@example.org");
  await settle(order, { filled: 2 });
  // Runs after the order was read and ends while the report is still being written: no lock blocks
  // it.
  let settled: Promise<void> | undefined;
  const racing = {
    ...deps,
    newId: () => {
      settled = settle(order, { filled: 8, status: "filled" });
      return newUuid();
    },
    database: {
      ...database,
      transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
        database.transaction<T>((tx) =>
          work({
            ...tx,
            query: async (statement) => {
              if (statement.text.includes("update trading.notice")) await settled;
              return tx.query(statement);
            },
          }),
        ),
    },
  };
  await reportOrders(racing, 100);
  assert.ok(settled, "the settlement took place in between");
  const [notice] = await noticesOf(owner, order);
  assert.equal(notice?.reported, 2n);
  await aMinutePasses();
  await report();
  const last = await lastMailTo(order.email);
  assert.match(last?.body ?? "", /Filled 10 of 10 AAPL.*\n8 of them since our last mail/);
  assert.deepEqual(await noticesOf(owner, order), []);
});

test("every filled share is reported, in whatever order fills and reports interleave", async () => {
  const orders = await Promise.all(
    Array.from({ length: 8 }, (_, index) => openOrder(`storm${index}@example.org`)),
  );
  let done = false;
  const reporting = (async () => {
    let passes = 0;
    while (!done) {
      await report();
      await aMinutePasses();
      passes += 1;
    }
    return passes;
  })();
  await Promise.all(
    orders.map(async (order) => {
      for (let count = 0; count < 9; count += 1) await settle(order, { filled: 1 });
      await settle(order, { filled: 1, status: "filled" });
    }),
  );
  done = true;
  assert.ok((await reporting) > 1, "reports ran among the fills");
  await aMinutePasses();
  await report();
  for (const order of orders) {
    assert.match((await lastMailTo(order.email))?.body ?? "", /Filled 10 of 10 AAPL/);
    assert.deepEqual(await noticesOf(owner, order), []);
  }
});
