import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { insertMail } from "../../layers/store/notifications/mails.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET, useEnvironment } from "../../layers/testing/http.ts";
import { until } from "../../layers/testing/until.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_scheduler"));
const seal = createSeal(TEST_MAIL_SECRET);

const recipients: string[] = [];
const smtp = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData: (stream, session, callback) => {
    recipients.push(session.envelope.rcptTo[0]?.address ?? "");
    stream.on("end", () => callback());
    stream.resume();
  },
});
smtp.on("error", () => {}); // a peer that hangs up
const port = await new Promise<number>((resolve) => {
  smtp.listen(0, "127.0.0.1", () => {
    const address = smtp.server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
});
after(() => new Promise<void>((resolve) => smtp.close(resolve)));

const startWorker = () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: {
      ...process.env,
      NOTIFIER_DATABASE_URL: asRole(database.url, "brokerx_notifier"),
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      LOG_LEVEL: "info",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  after(() => child.kill("SIGKILL"));
  return { child, log: () => log };
};

const queue = (recipient: string): Promise<void> => {
  const mailId = newUuid();
  const sealedBody = seal.seal("your login code is 031415", mailId);
  return insertMail(database, {
    ...{ mailId, recipient, sealedBody, usefulSeconds: 600, purpose: "code", subject: "Code" },
  });
};

test("the process sends waiting and new mails, stops when asked, and logs no secret", async () => {
  await queue("before@example.org");
  const { child, log } = startWorker();
  await until(() => recipients.length === 1, "the mail that was there at the start");
  await queue("later@example.org");
  await until(() => recipients.length === 2, "the mail that came later");
  assert.deepEqual(recipients, ["before@example.org", "later@example.org"]);

  const exited = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.match(log(), /"worker started"[\s\S]*"stopped"/);
  assert.doesNotMatch(log(), /031415|example\.org|SECRET|secret/);
});
