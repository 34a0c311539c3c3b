import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { OrderStatus } from "../../layers/domain/order.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createSeal } from "../../layers/platform/seal.ts";
import { openDatabase, sql } from "../../layers/store/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { mailsTo } from "../../layers/testing/identity.ts";
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

/** A buy of ten that rests with nothing held for it, which is all a report looks at. */
const openOrder = async (email: string) => {
  const clientId = await createTestClient(owner, { email });
  const orderId = newUuid();
  await owner.query(sql`
    insert into trading."order" (
      order_id, client_id, fingerprint, symbol, direction, order_type, quantity, price,
      time_in_force, status, open_quantity, held, correlation_id
    )
    values (
      ${orderId}, ${clientId}, '', 'AAPL', 'buy', 'limit', 10, 1010000, 'GTC', 'working', 10, 0, 'test'
    )`);
  await owner.query(sql`
    update trading.account set open_orders = 1 where client_id = ${clientId}`);
  return { clientId, orderId, email };
};

type Order = Awaited<ReturnType<typeof openOrder>>;

/** What settlement writes: shares filled at 101.00, perhaps the end of the order, and the notice. */
const settle = (
  { orderId, clientId }: Order,
  { filled = 0, status }: { filled?: number; status?: OrderStatus },
  reason: string | null = null,
) =>
  owner.transaction(async (tx) => {
    const closed = status !== undefined;
    await tx.query(sql`
      update trading."order"
      set filled_quantity = filled_quantity + ${filled}::bigint,
          filled_notional = filled_notional + ${filled}::bigint * 1010000,
          open_quantity = case when ${closed} then 0 else open_quantity - ${filled}::bigint end,
          cancelled_quantity = case when ${closed} then open_quantity - ${filled}::bigint else 0 end,
          status = ${status ?? "partially_filled"},
          closed = ${closed},
          reason = ${reason}
      where order_id = ${orderId}`);
    if (closed)
      await tx.query(sql`
        update trading.account set open_orders = 0 where client_id = ${clientId}`);
    await tx.query(sql`
      insert into trading.notice (order_id, client_id, due_at)
      values (${orderId}, ${clientId}, now())
      on conflict do nothing`);
  });

const report = () => reportOrders(deps, 100);

const aMinutePasses = () =>
  owner.query(sql`update trading.notice set due_at = due_at - interval '1 minute'`);

const noticesOf = async ({ orderId }: Order) => {
  const { rows } = await owner.query<{ reported: bigint; waits: number }>(sql`
    select reported_quantity as reported, extract(epoch from due_at - now())::float8 as waits
    from trading.notice where order_id = ${orderId}`);
  return rows;
};

test("an order that fills at once is reported by one mail, and the notice is gone", async () => {
  const order = await openOrder("quick@example.org");
  await settle(order, { filled: 4 });
  await settle(order, { filled: 6, status: "filled" });
  await report();
  const mails = await mailsTo(owner, order.email);
  assert.equal(mails.length, 1);
  assert.equal(mails[0]?.subject, "Filled: buy 10 AAPL");
  assert.match(mails[0]?.body ?? "", /Filled 10 of 10 AAPL at average 101\.00, 1010\.00 in total/);
  assert.deepEqual(await noticesOf(order), []);
  await report();
  assert.equal((await mailsTo(owner, order.email)).length, 1);
});

test("many fills of an order that stays open make one mail a minute, each with what is new", async () => {
  const order = await openOrder("slow@example.org");
  await settle(order, { filled: 1 });
  await report();
  for (let count = 0; count < 5; count += 1) {
    await settle(order, { filled: 1 });
    await report();
  }
  assert.equal((await mailsTo(owner, order.email)).length, 1);
  const [notice] = await noticesOf(order);
  assert.ok(notice && notice.waits > 50 && notice.waits <= 60);

  await aMinutePasses();
  await report();
  const [first, second, ...more] = await mailsTo(owner, order.email);
  assert.deepEqual(more, []);
  assert.equal(first?.subject, "Partly filled: buy 10 AAPL");
  assert.match(second?.body ?? "", /Filled 6 of 10 AAPL/);
  assert.match(second?.body ?? "", /5 of them since our last mail/);
});

test("a minute without news makes no mail, and the last news still comes", async () => {
  const order = await openOrder("quiet@example.org");
  await settle(order, { filled: 3 });
  await report();
  await aMinutePasses();
  await report();
  assert.equal((await mailsTo(owner, order.email)).length, 1);
  await settle(order, { status: "cancelled" }, "requested");
  await aMinutePasses();
  await report();
  const last = (await mailsTo(owner, order.email)).at(-1);
  assert.equal(last?.subject, "Cancelled: buy 10 AAPL");
  assert.match(last?.body ?? "", /Filled 3 of 10 AAPL at average 101\.00/);
  assert.match(last?.body ?? "", /The rest was cancelled: as you asked\./);
  assert.deepEqual(await noticesOf(order), []);
});

test("an order that ends without a fill is reported with the reason", async () => {
  const order = await openOrder("unlucky@example.org");
  await settle(order, { status: "expired" }, "no_liquidity");
  await report();
  const [mail] = await mailsTo(owner, order.email);
  assert.equal(mail?.subject, "Expired: buy 10 AAPL");
  assert.match(mail?.body ?? "", /Nothing was filled\.\r?\nIt was expired: nobody was there/);
});

test("a client who wants no mail gets none", async () => {
  const order = await openOrder("silent@example.org");
  await owner.query(sql`
    update identity.client set wants_mail = false where client_id = ${order.clientId}`);
  await settle(order, { filled: 10, status: "filled" });
  await report();
  assert.deepEqual(await mailsTo(owner, order.email), []);
  assert.deepEqual(await noticesOf(order), []);
});

test("two notifiers at once report an order once", async () => {
  const order = await openOrder("double@example.org");
  await settle(order, { filled: 10, status: "filled" });
  await Promise.all(Array.from({ length: 5 }, report));
  assert.equal((await mailsTo(owner, order.email)).length, 1);
});

test("a fill that settles while its order is being reported is told of in the next mail", async () => {
  const order = await openOrder("race@example.org");
  await settle(order, { filled: 2 });
  // The settlement runs inside the report: after the order was read, before the notice is written.
  let settled: Promise<unknown> | undefined;
  const racing = {
    ...deps,
    newId: () => {
      settled = settle(order, { filled: 8, status: "filled" });
      return newUuid();
    },
    database: {
      ...database,
      transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
        database.transaction<T>(async (tx) => {
          const value = await work({
            ...tx,
            query: async (statement) => {
              if (/update trading\.notice|delete from trading\.notice/.test(statement.text))
                await settled;
              return tx.query(statement);
            },
          });
          return value;
        }),
    },
  };
  await reportOrders(racing, 100);
  assert.ok(settled, "the settlement took place in between");
  const [notice] = await noticesOf(order);
  assert.equal(notice?.reported, 2n);
  await aMinutePasses();
  await report();
  const last = (await mailsTo(owner, order.email)).at(-1);
  assert.match(last?.body ?? "", /Filled 10 of 10 AAPL.*\n8 of them since our last mail/);
  assert.deepEqual(await noticesOf(order), []);
});

test("however fills and reports interleave, every share is reported", async () => {
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
    const last = (await mailsTo(owner, order.email)).at(-1);
    assert.match(last?.body ?? "", /Filled 10 of 10 AAPL/);
    assert.deepEqual(await noticesOf(order), []);
  }
});
