import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUSE } from "../../layers/domain/ledger/ledger.ts";
import { setStatus } from "../../layers/store/identity/clients.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { pendingClient } from "../../layers/testing/identity.ts";
import { usd } from "../../layers/testing/terms.ts";
import { startOperator } from "./operator.ts";

// Operators grant and take cash and shares, and read the trial balance, with the privileges of the
// admin service.

const { database, operator, send, adjust } = await startOperator();

test("shares and cash are granted and taken by journal entries, and never below zero", async () => {
  const client = await createTestClient(database, { cash: usd("10") });
  const granted = await adjust(client, {
    ...{ asset: "AAPL", amount: 100, direction: "grant", price: "50.00" },
  });
  assert.equal(granted.status, 201, granted.text);
  assert.equal(granted.json()["amount"], "100");
  assert.equal(
    (await adjust(client, { asset: "USD", amount: "5.25", direction: "take" })).status,
    201,
  );
  const refused: readonly (readonly [object, string])[] = [
    [{ asset: "AAPL", amount: 101, direction: "take" }, "insufficient_shares"],
    [{ asset: "USD", amount: "4.76", direction: "take" }, "insufficient_funds"],
    [{ asset: "NONE", amount: 1, direction: "grant" }, "unknown_symbol"],
    [{ asset: "AAPL", amount: "1.5", direction: "grant" }, "validation_failed"],
    [{ asset: "USD", amount: "1000000000.01", direction: "grant" }, "validation_failed"],
    [
      { asset: "AAPL", amount: 1_000_000_000, direction: "grant", price: "9999999999999" },
      "validation_failed",
    ],
  ];
  for (const [body, code] of refused)
    assert.equal((await adjust(client, body)).json()["code"], code);
  const { rows } = await database.query(sql`
    select asset, available, cost from ledger.balance where client_id = ${client} order by asset`);
  assert.deepEqual(rows, [
    { asset: "AAPL", available: 100n, cost: 50_000_000n },
    { asset: "USD", available: 47_500n, cost: 0n },
  ]);
});

test("repeated grants end at a limit with a refusal that names the field", async () => {
  const client = await createTestClient(database, { cash: usd("10"), shares: { AAPL: 1 } });
  const body = { asset: "AAPL", amount: 10, direction: "grant", price: "900000000000" };
  assert.equal((await adjust(client, body)).status, 201);
  const dear = await adjust(client, body);
  assert.equal(dear.status, 422, dear.text);
  assert.match(dear.text, /"path":"amount","code":"amount_out_of_range"/);
  const nearly = { AAPL: 999_999_999_989n, USD: 10n ** 17n - 110_000n };
  for (const [asset, amount] of Object.entries(nearly)) {
    await database.query(sql`
      with entry as (
        insert into ledger.journal (
          kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
        values (
          'correction', 'test', ${asset}, ${amount}, ${HOUSE.adjustments}, 'house',
          ${client}, 'available')
      )
      update ledger.balance
      set available = available + ${amount}::bigint
      where client_id = ${client} and asset = ${asset}`);
    const more = await adjust(client, { asset, amount: 2, direction: "grant" });
    assert.equal(more.status, 422, more.text);
    assert.match(more.text, /"path":"amount","code":"amount_out_of_range"/);
    assert.equal((await adjust(client, { asset, amount: 2, direction: "take" })).status, 201);
  }
});

test("cash is adjusted by whole cents, and a closed or unopened account not at all", async () => {
  const client = await createTestClient(database);
  const cash = { asset: "USD", direction: "grant" };
  const fine = await adjust(client, { ...cash, amount: "0.0001" });
  assert.equal(fine.status, 422);
  const [error] = fine.json()["errors"] as { path: string; code: string }[];
  assert.deepEqual([error?.path, error?.code], ["amount", "amount_too_fine"]);
  assert.equal((await adjust(client, { ...cash, amount: "0.01" }, "kept")).status, 201);
  assert.equal((await adjust(client, { ...cash, amount: "0.01", direction: "take" })).status, 201);
  await database.transaction((tx) => setStatus(tx, client, "closed"));
  for (const asset of ["USD", "AAPL"]) {
    const refused = await adjust(client, { ...cash, asset, amount: "1" });
    assert.equal(refused.json()["code"], "client_status", refused.text);
  }
  assert.equal((await adjust(client, { ...cash, amount: "0.01" }, "kept")).status, 200, "a replay");
  const { clientId } = await pendingClient(database, "unopened@find.example");
  for (const asset of ["USD", "AAPL"]) {
    const unopened = await adjust(clientId, { ...cash, asset, amount: "1" });
    assert.equal(unopened.json()["code"], "client_status", unopened.text);
  }
});

test("the same key adjusts once, however often and however parallel", async () => {
  const client = await createTestClient(database);
  const body = { asset: "USD", amount: "1", direction: "grant" };
  const replies = await Promise.all(Array.from({ length: 10 }, () => adjust(client, body, "one")));
  assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  const replay = await adjust(client, body, "one");
  assert.deepEqual([replay.status, replay.headers["idempotent-replayed"]], [200, "true"]);
  const changedBody = await adjust(client, { ...body, amount: "2" }, "one");
  assert.equal(changedBody.json()["code"], "idempotency_key_reused");
  const { rows } = await database.query(sql`
    select available from ledger.balance where client_id = ${client} and asset = 'USD'`);
  assert.deepEqual(rows, [{ available: 10_000n }]);
});

test("an operator lists the adjustments of all clients or of one, in pages", async () => {
  const [ann, ben] = [await createTestClient(database), await createTestClient(database)];
  for (const [client, amount] of [
    [ann, "1"],
    [ben, "2"],
    [ann, "3.5"],
  ] as const)
    await adjust(client, { asset: "USD", amount, direction: "grant" });
  const list = async (query: string) => {
    const reply = await send("listAdjustments", { method: "GET", query });
    assert.equal(reply.status, 200, reply.text);
    const { adjustments, next_page_token: next } = reply.json();
    return { adjustments: adjustments as Record<string, unknown>[], next };
  };
  const amounts = async (query: string) =>
    (await list(query)).adjustments.map(({ client_id, amount }) => [client_id, amount]);
  assert.deepEqual(await amounts("limit=3"), [
    ...[
      [ann, "3.50"],
      [ben, "2.00"],
      [ann, "1.00"],
    ],
  ]);
  const first = await list(`client_id=${ann}&limit=1`);
  assert.deepEqual(await amounts(`client_id=${ann}&limit=1&after=${first.next}`), [[ann, "1.00"]]);
  const [{ adjustment_id, created_at, ...shown } = {}] = first.adjustments;
  assert.equal(adjustment_id, first.next);
  assert.match(String(created_at), /^\d{4}-.*Z$/);
  assert.deepEqual(shown, {
    ...{ client_id: ann, asset: "USD", amount: "3.50", direction: "grant" },
    ...{ reason: "initial shares", operator_id: operator, address: "203.0.113.7" },
  });
});

test("the trial balance names every bucket and house account, and each asset sums to zero", async () => {
  const reply = await send("getTrialBalance");
  assert.equal(reply.status, 200, reply.text);
  const assets = reply.json()["assets"] as {
    readonly asset: string;
    readonly total: string;
    readonly balanced: boolean;
    readonly accounts: readonly { readonly account: string }[];
  }[];
  assert.deepEqual(
    assets.map(({ asset, total, balanced }) => [asset, total, balanced]),
    [
      ["AAPL", "0", true],
      ["USD", "0.00", true],
    ],
  );
  const accounts = assets.flatMap((line) => line.accounts.map(({ account }) => account));
  for (const account of ["adjustments", "bank", "clients_available", "custodian"])
    assert.ok(accounts.includes(account), account);
});
