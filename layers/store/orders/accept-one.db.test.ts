import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { Command } from "../../domain/orders/command.ts";
import type { OrderTerms } from "../../domain/orders/order.ts";
import { money } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder } from "../../testing/new-order.ts";
import { randomBelow, SEED } from "../../testing/random.ts";
import { sql } from "../pg/database.ts";
import { acceptOrders, type NewOrder } from "./accept-orders.ts";

// An order that comes alone goes another way into the database than one of a batch: with the same result.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const below = randomBelow(SEED);
const usdCents = (cents: number) => money(BigInt(cents) * 100n);

/** What there is of a client, without ids and times: the rows that its orders have left. */
const traces = async (client: ClientId): Promise<readonly unknown[]> => {
  const { rows } = await database.query(sql`
    with mine as materialized (
      select * from trading."order" where client_id = ${client}
    )
    select 'order' as kind, to_jsonb(mine) - '{order_id,client_id,created_at,updated_at}'::text[] as row
    from mine
    union all
    select 'balance', to_jsonb(balance) - 'client_id'
    from ledger.balance where client_id = ${client}
    union all
    select 'journal', to_jsonb(journal)
      - '{journal_id,reference,debit_account,credit_account,created_at}'::text[]
      || jsonb_build_object('own', debit_account = ${client} and credit_account = ${client})
    from ledger.journal join mine on reference = mine.order_id::text
    union all
    select 'queued', command::jsonb - '{orderId,clientId}'::text[]
    from trading.outbox where command->>'clientId' = ${client}::text
    union all
    select 'waiting', waiting.command - '{orderId,clientId}'::text[]
    from trading.waiting join mine using (order_id)
    union all
    select 'audited', to_jsonb(audit) - '{audit_id,client_id,subject,created_at,xact}'::text[]
    from trading.audit join mine on subject = mine.order_id::text
    union all
    select 'order recorded', to_jsonb(changed) - '{client_id,order_id,updated_at}'::text[]
    from trading.activity_intake cross join unnest(orders) as changed
    where changed.client_id = ${client}
    union all
    select 'balance recorded', to_jsonb(changed) - 'client_id'
    from trading.activity_intake cross join unnest(balances) as changed
    where changed.client_id = ${client} and held > 0
    order by 1, 2`);
  return rows;
};

/** Orders of every kind as far as they differ in their rows. */
const anyOrder = (client: ClientId): NewOrder => {
  const direction = below(2) === 0 ? "buy" : "sell";
  const plain = newOrder({ client, direction, quantity: 1 + below(5) });
  const stops = below(3) === 0;
  const ends = below(3) === 0;
  const terms: OrderTerms = {
    ...plain.terms,
    clientOrderId: below(3) === 0 ? undefined : plain.terms.clientOrderId,
    orderType: stops ? "stop_limit" : "limit",
    stopPrice: stops ? money(9_900n) : undefined,
    timeInForce: ends ? "GTD" : "DAY",
    expiresAt: ends ? new Date("2030-01-01T00:00:00.123Z") : undefined,
    postOnly: below(2) === 0,
    selfTradePrevention: below(2) === 0 ? "decrement" : "expire_both",
  };
  return {
    ...{ ...plain, terms, waits: below(3) === 0 },
    command: { ...plain.command, ...terms, price: plain.intent.worstPrice } as Command,
  };
};

test("an order that comes alone leaves the rows that it would have left among others", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  for (let round = 0; round < 40; round += 1) {
    const open = () => createTestClient(database, { cash: usdCents(1_000), shares: { AAPL: 10 } });
    const [alone, among, another] = await Promise.all([open(), open(), open()]);
    const order = anyOrder(alone);
    const [first] = await acceptOrders(database, [order]);
    const both = [
      { ...order, orderId: newUuid() as OrderId, clientId: among },
      newOrder({ client: another, direction: "buy", quantity: 1 }),
    ].map((one) => ({
      ...one,
      command: { ...one.command, orderId: one.orderId, clientId: one.clientId } as Command,
    }));
    const [second] = await database.transaction((tx) => acceptOrders(tx, both));
    assert.deepEqual([first?.verdict, second?.verdict], ["placed", "placed"]);
    const left = await traces(alone);
    assert.deepEqual(left, await traces(among));
    const kinds = new Set(left.map((row) => (row as { readonly kind: string }).kind));
    assert.deepEqual(
      [...kinds].sort(),
      ["audited", "balance", "balance recorded", "journal", "order", "order recorded"]
        .concat(order.waits ? "waiting" : "queued")
        .sort(),
    );
  }
});

test("a lone order that is refused for its name leaves nothing, and holds nothing", async () => {
  const client = await createTestClient(database, { cash: usdCents(1_000) });
  const order = newOrder({ client, direction: "buy", quantity: 2, name: "once" });
  await acceptOrders(database, [order]);
  const before = await traces(client);
  const again = { ...order, orderId: newUuid() as OrderId };
  assert.deepEqual(await acceptOrders(database, [again]), [{ verdict: "client_order_id_taken" }]);
  assert.deepEqual(await traces(client), before);
});
