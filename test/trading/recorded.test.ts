import assert from "node:assert/strict";
import { before, test } from "node:test";
import { deposit } from "../../functions/deposit/deposit.ts";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { numberActivities } from "../../layers/store/notifications/activities.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { assertRecorded, testDatabase } from "../../layers/testing/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";
import { unsettled } from "../support/stream.ts";

// Clients receive every version of their orders and every change of their balances. Triggers
// that exist only in this database record each change; each must then be an activity.

const SYMBOL = "AAPL" as Ticker;
const STEPS = 150;
const database = await testDatabase();
await createInstrument(database, SYMBOL);
const orderPath = await exchange(database);
const below = randomBelow(SEED);

const watch = async (): Promise<void> => {
  await database.query(sql`
    create table public.changed_order (order_id uuid, status text, lock_version integer)`);
  await database.query(sql`
    create table public.changed_balance (client_id uuid, asset text, available bigint, held bigint)`);
  await database.query(sql`
    create function public.note_order() returns trigger language plpgsql as $$
    begin
      insert into public.changed_order values (new.order_id, new.status, new.lock_version);
      return null;
    end $$`);
  await database.query(sql`
    create function public.note_balance() returns trigger language plpgsql as $$
    begin
      insert into public.changed_balance
      values (new.client_id, new.asset, new.available, new.held);
      return null;
    end $$`);
  await database.query(sql`
    create trigger noted_at_birth after insert on trading."order"
      for each row execute function public.note_order()`);
  await database.query(sql`
    create trigger noted after update on trading."order"
      for each row when (old.lock_version <> new.lock_version)
      execute function public.note_order()`);
  await database.query(sql`
    create trigger noted_at_birth after insert on ledger.balance
      for each row when (new.available <> 0 or new.held <> 0)
      execute function public.note_balance()`);
  await database.query(sql`
    create trigger noted after update on ledger.balance
      for each row when ((old.available, old.held) <> (new.available, new.held))
      execute function public.note_balance()`);
};

/** Changes that were recorded and are not an activity. */
const untold = async () => {
  while ((await numberActivities(database)) > 0);
  const { rows } = await database.query<{ readonly change: object }>(sql`
    select to_json(changed) as change from public.changed_order as changed
    where not exists (
      select from trading.activity_event
      where type = 'order' and (order_state).order_id = changed.order_id
        and (order_state).lock_version = changed.lock_version
        and (order_state).status = changed.status)
    union all
    select to_json(changed) from public.changed_balance as changed
    where not exists (
      select from trading.activity_event
      where type = 'balance' and client_id = changed.client_id
        and balance = row(changed.client_id, asset, available, held)::trading.recorded_balance)`);
  return rows.map(({ change }) => change);
};

const anyTerms = (): OrderTerms => {
  const side = below(2) === 0 ? "buy" : "sell";
  const price = `${99 + below(3)}.${below(10)}0`;
  const kinds: readonly Partial<OrderTerms>[] = [
    {},
    { timeInForce: "IOC" },
    { timeInForce: "FOK" },
    { postOnly: true },
    { selfTradePrevention: "decrement" },
    { orderType: "stop_limit", stopPrice: usd(price) },
  ];
  return order(side, 1 + below(5), price, kinds[below(kinds.length)]);
};

const step = async (clients: readonly ClientId[], orders: Order[]): Promise<void> => {
  const client = clients[below(clients.length)] ?? assert.fail();
  const known = orders[below(orders.length + 1)];
  const action = below(10);
  if (action === 0)
    await deposit(orderPath.deps, {
      ...{ clientId: client, key: newUuid(), amount: usd("10"), currency: "USD" },
      correlationId: "test",
    });
  else if (action < 3 && known !== undefined) await orderPath.cancel(known, undefined, below(2));
  else if (action < 5 && known !== undefined) {
    const change = { quantity: anyTerms().quantity, price: usd(`${99 + below(3)}.00`) };
    await orderPath.replace(await orderPath.read(known.clientId, known.orderId), change, below(2));
  } else orders.push(await orderPath.place(client, anyTerms()));
};

before(watch);

test("every version of an order and every change of a balance is an activity", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const holdings = { cash: usd("1000000"), shares: { AAPL: 10_000 } };
  const clients = await Promise.all([0, 1, 2].map(() => createTestClient(database, holdings)));
  const orders: Order[] = [];
  await orderPath.start();
  for (let count = 0; count < STEPS; count += 1) await step(clients, orders);
  await until(async () => (await unsettled(database)) === 0, "everything is settled");
  assert.deepEqual(await untold(), []);

  const { rows } = await database.query<{ readonly status: string; readonly orders: bigint }>(
    sql`select status, count(*) as orders from trading."order" group by status`,
  );
  const seen = new Map(rows.map(({ status, orders }) => [status, Number(orders)]));
  t.diagnostic(JSON.stringify([...seen]));
  for (const status of ["filled", "cancelled", "expired", "rejected"])
    assert.ok((seen.get(status) ?? 0) > 0, `no order was ${status}`);
  const amended = await database.query(sql`select from trading.amendment where status = 'applied'`);
  assert.ok(amended.count > 0, "no replace was applied");
});

test("changes that are settled during the check are no errors", async () => {
  const client = await createTestClient(database, { cash: usd("100000") });
  let placed = 0;
  const place = async () => {
    for (; placed < STEPS; placed += 1) await orderPath.place(client, order("buy", 1, "90.00"));
  };
  const check = async () => {
    while (placed < STEPS) await assertRecorded(database);
  };
  await Promise.all([place(), check()]);
});

test("a change that is not recorded is found", async () => {
  const client = await createTestClient(database, { cash: usd("1000") });
  const placed = await orderPath.matched(await orderPath.place(client, order("buy", 1, "90.00")));
  await database.query(sql`
    update trading."order" set lock_version = lock_version + 1 where order_id = ${placed.orderId}`);
  assert.equal((await untold()).length, 1);
  await assert.rejects(assertRecorded(database), /a change of an order has no activity/);
  await recordByHand(database, client);
});
