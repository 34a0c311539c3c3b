import assert from "node:assert/strict";
import { test } from "node:test";
import { SMTPServer } from "smtp-server";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, useEnvironment } from "../../layers/testing/http.ts";
import { clientWithOrders, settleOrders } from "../../layers/testing/notices.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_notifier"));

const subjects: string[] = [];
const smtp = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData: (stream, _session, callback) => {
    let source = "";
    stream.on("data", (chunk) => {
      source += chunk;
    });
    stream.on("end", () => {
      subjects.push(/^Subject: (.*)\r$/m.exec(source)?.[1] ?? "");
      callback();
    });
  },
});
smtp.on("error", () => {}); // a peer that hangs up
const port = await new Promise<number>((resolve) => {
  smtp.listen(0, "127.0.0.1", () => {
    const address = smtp.server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
});
process.env["SMTP_URL"] = `smtp://127.0.0.1:${port}`;

const { handler } = await import("./handler.ts");
await createInstrument(database, "AAPL");

test("a scheduled run sends everything that is due and purges old rows", async () => {
  const filled = { filled: 10, status: "filled" } as const;
  const bot = await clientWithOrders(database, "bot@example.org", 3);
  await settleOrders(database, bot, filled);
  for (let index = 0; index < 24; index += 1)
    await settleOrders(
      database,
      await clientWithOrders(database, `client${index}@example.org`, 1),
      filled,
    );
  await database.query(sql`
    insert into ledger.idempotency_key (client_id, operation, key, fingerprint, created_at)
    values (gen_random_uuid(), 'deposit', 'old', ${Buffer.alloc(32)}, now() - interval '9 days')`);

  assert.deepEqual(await handler(), { reported: 27, sent: 25 });
  assert.deepEqual(subjects.toSorted().slice(0, 2), ["3 orders: 3 filled", "Filled: buy 10 AAPL"]);
  assert.equal(subjects.length, 25);
  const { rows } = await database.query(sql`select key from ledger.idempotency_key`);
  assert.deepEqual(rows, []);
  assert.deepEqual(await handler(), { reported: 0, sent: 0 });
});

test("a scheduled run ends while the mail server is down, and the mail stays queued", async () => {
  await new Promise<void>((resolve) => smtp.close(resolve));
  const late = await clientWithOrders(database, "late@example.org", 1);
  await settleOrders(database, late, { filled: 10, status: "filled" });
  assert.deepEqual(await handler(), { reported: 1, sent: 0 });
  const { rows } = await database.query(sql`
    select recipient from identity.mail where sealed_body is not null`);
  assert.deepEqual(rows, [{ recipient: "late@example.org" }]);
});
