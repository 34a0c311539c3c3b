import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { money, parseMoney } from "../../layers/domain/units.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf } from "../../layers/testing/http.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { until } from "../../layers/testing/until.ts";
import { startReporting } from "../support/reporting.ts";

// A client with 100,000 activities asks the reporting process for its statement.

const ACTIVITIES = 100_000;
const AT_ONCE = 10_000;
/** Usually 60 to 100 MB are used; the collector may be late. All activities together take far more. */
const MEMORY_MAX = 200 * 1_048_576;
/** More than the process has connections to the database. */
const IMPATIENT = 15;
const database = await testDatabase();
const dayBefore = (days: number) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
/** Long enough ago to be over in every time zone. */
const BUSY_DAY = dayBefore(3);
const TODAY = dayBefore(0);

const reporting = await startReporting(database.url);
after(reporting.stop);
let busy: ClientId;

before(async () => {
  busy = await createTestClient(database);
  for (let start = 0; start < ACTIVITIES; start += AT_ONCE)
    await depositInThePast(
      database,
      busy,
      Array.from({ length: AT_ONCE }, (_, index) => ({
        at: `${BUSY_DAY}T12:00:00.${String(start + index).padStart(6, "0")}Z`,
        amount: money(BigInt(start + index + 1)),
      })),
    );
  await database.query(sql`analyze ledger.journal`);
});

const ask = async (
  clientId: ClientId,
  query: Readonly<Record<string, string>>,
  { signal = AbortSignal.timeout(120_000), ...headers }: Options = {},
): Promise<Response> => {
  const days = { from: BUSY_DAY, to: BUSY_DAY, ...query };
  return fetch(`${reporting.url}/api/v1/reports/statement?${new URLSearchParams(days)}`, {
    headers: { authorization: await authorizationOf(clientId), ...headers },
    signal,
  });
};
/** Asks again while earlier reports of the client, whose reader has left, are still in progress. */
const askUntilTaken = async (...request: Parameters<typeof ask>): Promise<Response> => {
  let response = await ask(...request);
  await until(async () => {
    if (response.status === 429) response = await ask(...request);
    return response.status !== 429;
  }, "the client may have one more report");
  return response;
};

type Options = { readonly signal?: AbortSignal; readonly "want-repr-digest"?: string };

/** Reads a document as a stream, and measures. */
const take = async (format: string) => {
  const start = performance.now();
  const response = await ask(busy, { format });
  assert.equal(response.status, 200);
  const decoder = new TextDecoder();
  let firstByte: number | undefined;
  let text = "";
  for await (const chunk of response.body ?? []) {
    firstByte ??= performance.now() - start;
    text += decoder.decode(chunk, { stream: true });
  }
  const figures = `first byte after ${firstByte?.toFixed(0)} ms, all after`;
  return { text, said: `${format}: ${figures} ${(performance.now() - start).toFixed(0)} ms` };
};

const sumOf = (amounts: readonly string[]): bigint =>
  amounts.reduce((sum, amount) => sum + (parseMoney(amount) ?? assert.fail(amount)), 0n);
const TOTAL = (BigInt(ACTIVITIES) * BigInt(ACTIVITIES + 1)) / 2n;

test("100,000 activities come as CSV and as JSON, complete and in bounded memory", async (t) => {
  await (await ask(busy, { from: dayBefore(9), to: dayBefore(9) })).text(); // loads what it needs
  const idle = reporting.memory();
  const csv = await take("csv");
  const lines = csv.text.split("\r\n");
  assert.equal(lines.length, ACTIVITIES + 3, "header, activities, closing balance, end");
  assert.equal(sumOf(lines.slice(1, -2).map((line) => line.split(",")[4] ?? "")), TOTAL);
  assert.match(lines.at(-2) ?? "", /,closing,,USD,,500005\.00$/);
  const json = await take("json");
  const { activities, closing } = JSON.parse(json.text);
  assert.equal(activities.length, ACTIVITIES);
  assert.equal(sumOf(activities.map(({ amount }: { readonly amount: string }) => amount)), TOTAL);
  assert.deepEqual(closing, [{ asset: "USD", balance: "500005.00" }]);
  t.diagnostic(csv.said);
  t.diagnostic(json.said);
  const peak = reporting.memory()?.peak;
  if (idle === undefined || peak === undefined) return;
  const growth = peak - idle.now;
  t.diagnostic(`memory: ${(growth / 1_048_576).toFixed(0)} MB more than idle`);
  assert.ok(growth < MEMORY_MAX, `${growth} bytes more than idle`);
});

test("a long statement of a finished day has the digest that the caller asked for", async () => {
  const unasked = await ask(busy, { format: "csv" });
  assert.equal(unasked.headers.get("repr-digest"), null);
  await unasked.text();
  for (const format of ["csv", "json"]) {
    const response = await ask(busy, { format }, { "want-repr-digest": "sha-256=5" });
    const digest = response.headers.get("repr-digest");
    const hash = createHash("sha256").update(Buffer.from(await response.arrayBuffer()));
    assert.equal(digest, `sha-256=:${hash.digest("base64")}:`);
    assert.match(response.headers.get("access-control-expose-headers") ?? "", /Repr-Digest/);
  }
});

test("clients that disconnect in the middle leave nothing behind", async () => {
  for (let count = 0; count < IMPATIENT; count += 1) {
    const controller = new AbortController();
    const response = await askUntilTaken(busy, { format: "csv" }, controller);
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await assert.rejects(async () => reader?.read());
  }
  const running = async (): Promise<number> => {
    const { rows } = await database.query(sql`
      select from pg_stat_activity
      where datname = current_database() and application_name = 'reporting-under-test'
        and xact_start is not null`);
    return rows.length;
  };
  await until(async () => (await running()) === 0, "no transaction of a report goes on");
  assert.equal((await askUntilTaken(busy, { from: TODAY, to: TODAY })).status, 200);
});

test("a client has two reports in progress, and its further requests harm no other client", async () => {
  const small = await createTestClient(database, { cash: money(50_000n) });
  const controllers = [new AbortController(), new AbortController()] as const;
  // Reports that are not read stay in progress.
  for (const controller of controllers)
    assert.equal((await askUntilTaken(busy, { format: "csv" }, controller)).status, 200);
  for (const format of ["csv", "json", "pdf"]) {
    const refused = await ask(busy, { format });
    assert.equal(refused.status, 429, format);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal(((await refused.json()) as { code: string }).code, "too_many_requests");
    const { status } = await ask(small, { format });
    assert.equal(status, 200, "a report of another client");
  }
  controllers[0].abort();
  assert.equal((await askUntilTaken(busy, { from: TODAY, to: TODAY })).status, 200);
  controllers[1].abort();
});

test("a PDF that would be too long is refused, and a refusal ends the report", async () => {
  for (let count = 0; count < 3; count += 1) {
    const refused = await ask(busy, { format: "pdf" });
    assert.equal(refused.status, 422);
    assert.equal(((await refused.json()) as { code: string }).code, "report_too_long");
  }
});

test("a statement whose books do not balance is never a whole document", async () => {
  const small = await createTestClient(database, { cash: money(50_000n) });
  const shift = async (amount: bigint): Promise<void> => {
    await database.query(sql`
      update ledger.balance set available = available + ${amount}
      where client_id in (${busy}, ${small}) and asset = 'USD'`);
  };
  await shift(1n);
  try {
    for (const format of ["csv", "json"]) {
      const long = await ask(busy, { format, to: TODAY });
      assert.equal(long.status, 200);
      await assert.rejects(long.text(), "the connection breaks");
      const short = await ask(small, { format, to: TODAY });
      assert.equal(short.status, 500);
      assert.equal(((await short.json()) as { code: string }).code, "internal_error");
    }
  } finally {
    await shift(-1n);
  }
  for (const client of [busy, small])
    assert.match(await (await ask(client, { format: "csv", to: TODAY })).text(), /,closing,/);
});
