import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../domain/identifiers.ts";
import { money } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder, type Wish } from "../../testing/new-order.ts";
import { randomBelow, SEED } from "../../testing/random.ts";
import { sql } from "../pg/database.ts";
import { type AcceptVerdict, acceptOrders } from "./accept-orders.ts";
import { createOrderIntake } from "./order-intake.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");
const below = randomBelow(SEED);

const accept = async (wishes: readonly Wish[]): Promise<readonly string[]> => {
  const outcomes = await acceptOrders(database, wishes.map(newOrder), { inTurn: below(2) === 0 });
  return outcomes.map(({ verdict }) => verdict);
};

/** What somebody has who starts with so much of each asset, room for so many orders, and one name. */
type Purse = { USD: number; AAPL: number; room: number; readonly names: Set<string> };

/** The rule, written plainly: one order after the other takes what is there. */
const judge = (
  purse: Purse,
  { direction, quantity, name = "" }: Wish,
): AcceptVerdict["verdict"] => {
  const asset = direction === "buy" ? "USD" : "AAPL";
  if (purse.names.has(name)) return "client_order_id_taken";
  if (purse.room < 1) return "not_counted";
  if (purse[asset] < quantity) return "not_held";
  purse[asset] -= quantity;
  purse.room -= 1;
  return "placed";
};

const openPurse = async (): Promise<{ readonly client: ClientId; readonly purse: Purse }> => {
  const purse = { USD: below(60), AAPL: 1 + below(60), room: 1 + below(10), names: new Set("u") };
  const client = await createTestClient(database, {
    cash: money(BigInt(purse.USD) * 10_000n),
    shares: { AAPL: purse.AAPL },
    maxOpenOrders: purse.room + 1,
  });
  await database.query(sql`
    update ledger.balance set available = available + 10000
    where client_id = ${client} and asset = 'USD'`);
  await database.query(sql`
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'grant', 'test', 'USD', 10000, account_id, 'house', ${client}, 'available'
    from ledger.house_account where name = 'bank'`);
  assert.deepEqual(await accept([{ client, direction: "buy", quantity: 1, name: "u" }]), [
    "placed",
  ]);
  return { client, purse };
};

test("each order of a batch gets the verdict it would have got alone, in its turn", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const seen = new Map<string, number>();
  for (let round = 0; round < 30; round += 1) {
    const people = await Promise.all([openPurse(), openPurse(), openPurse()]);
    const wishes = Array.from({ length: 2 + below(24) }, (_, index) => {
      const person = people[below(3)];
      assert.ok(person !== undefined);
      const direction = below(2) === 0 ? "buy" : "sell";
      const name = below(8) === 0 ? "u" : `n${index}`;
      return { client: person.client, direction, quantity: 1 + below(30), name } as const;
    }).filter(({ client, name }, index, all) =>
      all.slice(0, index).every((other) => other.client !== client || other.name !== name),
    );
    const inTurn = wishes.toSorted(byAssetOfClient);
    const expected = new Map<Wish, string>();
    for (const wish of inTurn)
      for (const { client, purse } of people)
        if (client === wish.client) expected.set(wish, judge(purse, wish));
    const verdicts = await accept(wishes);
    assert.deepEqual(
      verdicts,
      wishes.map((wish) => expected.get(wish)),
    );
    for (const verdict of verdicts) seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(seen)));
  for (const verdict of ["placed", "not_held", "not_counted", "client_order_id_taken"])
    assert.ok((seen.get(verdict) ?? 0) > 5, `${verdict} hardly ever happened`);
});

/** The places among a client's open orders go to its orders asset by asset, else as they came. */
const byAssetOfClient = (left: Wish, right: Wish): number =>
  Number(left.direction === "buy") - Number(right.direction === "buy");

test("an order that is refused leaves its share of the money to the next one", async () => {
  const client = await createTestClient(database, { cash: money(100_000n) });
  const buy = (quantity: number): Wish => ({ client, direction: "buy", quantity });
  assert.deepEqual(await accept([buy(4), buy(7), buy(6), buy(1)]), [
    "placed",
    "not_held",
    "placed",
    "not_held",
  ]);
});

test("a lone order gets the same verdicts as one among others", async () => {
  const client = await createTestClient(database, { cash: money(30_000n), maxOpenOrders: 2 });
  const buy = (quantity: number, name?: string): Wish => ({
    client,
    direction: "buy",
    quantity,
    ...(name && { name }),
  });
  assert.deepEqual(await accept([buy(4)]), ["not_held"]);
  assert.deepEqual(await accept([buy(1, "mine")]), ["placed"]);
  assert.deepEqual(await accept([buy(1, "mine")]), ["client_order_id_taken"]);
  assert.deepEqual(await accept([buy(1)]), ["placed"]);
  assert.deepEqual(await accept([buy(1)]), ["not_counted"]);
  const stranger = newUuid() as ClientId;
  assert.deepEqual(await accept([{ ...buy(1), client: stranger }]), ["not_counted"]);
  assert.deepEqual(await accept([{ ...buy(1), client: stranger }, buy(1)]), [
    "not_counted",
    "not_counted",
  ]);
});

test("one broke client slows nobody: its orders share the batches of the others", async () => {
  const rich = await createTestClient(database, { cash: money(10_000_000n) });
  const broke = await createTestClient(database, {});
  let statements = 0;
  const intake = createOrderIntake({
    ...database,
    query: (statement) => {
      statements += 1;
      return database.query(statement);
    },
  });
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const client = index % 2 === 0 ? rich : broke;
      const { verdict } = await intake.place(newOrder({ client, direction: "buy", quantity: 1 }));
      return `${client === rich ? "rich" : "broke"} ${verdict}`;
    }),
  );
  assert.deepEqual([...new Set(outcomes)].sort(), ["broke not_held", "rich placed"]);
  assert.ok(statements <= 2, `${statements} statements for two hundred orders`);
});

test("orders of one name that arrive together are accepted once, and never fail the others", async () => {
  const client = await createTestClient(database, { cash: money(10_000_000n) });
  const intakes = [createOrderIntake(database), createOrderIntake(database)];
  const outcomes = await Promise.all(
    Array.from({ length: 120 }, async (_, index) => {
      const name = index % 3 === 0 ? "same" : undefined;
      const order = newOrder({ client, direction: "buy", quantity: 1, ...(name && { name }) });
      const { verdict } = (await intakes[index % 2]?.place(order)) ?? {};
      return `${name ?? "own"} ${verdict}`;
    }),
  );
  const count = (what: string) => outcomes.filter((outcome) => outcome === what).length;
  assert.deepEqual(
    [count("own placed"), count("same placed"), count("same client_order_id_taken")],
    [80, 1, 39],
  );
});

test("orders of one name in different assets, placed by two processes at once: one of them is placed", async () => {
  const client = await createTestClient(database, {
    cash: money(10_000_000n),
    shares: { AAPL: 1_000 },
  });
  const intakes = [createOrderIntake(database), createOrderIntake(database)];
  for (let round = 0; round < 20; round += 1) {
    const verdicts = await Promise.all(
      intakes.flatMap((intake, index) => {
        const direction = index === 0 ? "buy" : "sell";
        const named = newOrder({ client, direction, quantity: 1, name: `both${round}` });
        const other = newOrder({ client, direction, quantity: 1 });
        return [named, other].map(async (order) => (await intake.place(order)).verdict);
      }),
    );
    assert.deepEqual(verdicts.sort(), ["client_order_id_taken", "placed", "placed", "placed"]);
  }
});

test("preparing plans what accepts orders, and writes nothing", async () => {
  const traces = async () => {
    const { rows } = await database.query(sql`
      select (select count(*) from trading."order"), (select count(*) from trading.outbox) as sent,
        (select count(*) from trading.audit) as audited, (select count(*) from ledger.journal) as posted`);
    return rows;
  };
  const before = await traces();
  await createOrderIntake(database).prepare();
  assert.deepEqual(await acceptOrders(database, []), []);
  assert.deepEqual(await traces(), before);
  const gone = { ...database, query: () => Promise.reject(new Error("gone")) };
  await createOrderIntake(gone).prepare();
});
