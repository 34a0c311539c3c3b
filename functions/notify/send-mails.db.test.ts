import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { systemClock } from "../../layers/platform/clock.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { createMailer } from "../../layers/platform/mail.ts";
import { insertMail } from "../../layers/store/notifications/mails.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { until } from "../../layers/testing/until.ts";
import { sendMails } from "./send-mails.ts";
import { startNotifier } from "./start-notifier.ts";

const owner = await testDatabase();
const database = openDatabase({
  url: asRole(owner.url, "brokerx_notifier"),
  poolSize: 10,
  applicationName: "test notifier",
});
after(() => database.end());
const seal = createSeal(TEST_MAIL_SECRET);
const logger = createLogger({ service: "test", level: "silent" });

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

/**
 * Listens on a free port or on the given one. The server closes when the tests of this file end.
 */
const listen = (server: Server, port = 0): Promise<number> =>
  new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve(portOf(server)));
  });

type Caught = { readonly recipient: string; readonly source: string };

/** A mail server that keeps received mails and refuses recipients as the test says. */
const catcher = async (port = 0) => {
  const caught: Caught[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, callback) => {
      const responseCode = Number(/^reply(\d+)/.exec(address)?.[1] ?? 0);
      callback(responseCode > 0 ? Object.assign(new Error("no"), { responseCode }) : null);
    },
    onData: (stream, session, callback) => {
      let source = "";
      stream.on("data", (chunk) => {
        source += chunk;
      });
      stream.on("end", () => {
        caught.push({ recipient: session.envelope.rcptTo[0]?.address ?? "", source });
        callback();
      });
    },
  });
  smtp.on("error", () => {}); // a peer that hangs up
  const bound = await listen(smtp.server, port);
  const close = () => new Promise<void>((resolve) => smtp.close(resolve));
  after(close);
  return { caught, close, port: bound };
};

const depsFor = (port: number, timeouts = { stepMs: 300, wholeMs: 600 }) => ({
  database,
  clock: systemClock,
  newId: newUuid,
  seal,
  logger,
  mailer: createMailer({
    smtpUrl: `smtp://127.0.0.1:${port}`,
    from: "BrokerX <no-reply@brokerx.local>",
    timeouts,
  }),
});

const queue = async (recipient: string, body = "Hello", usefulSeconds = 600): Promise<string> => {
  const mailId = newUuid();
  const sealedBody = seal.seal(body, mailId);
  await insertMail(database, {
    ...{ mailId, recipient, sealedBody, usefulSeconds, purpose: "code", subject: "Subject" },
  });
  return mailId;
};

const stateOf = async (mailId: string) => {
  const { rows } = await database.query<{
    sent: boolean;
    failed: boolean;
    emptied: boolean;
    attempts: number;
    waits: number;
  }>(sql`
    select sent_at is not null as sent, failed_at is not null as failed,
      sealed_body is null as emptied, attempts,
      extract(epoch from next_attempt_at - now())::float8 as waits
    from identity.mail where mail_id = ${mailId}`);
  assert.ok(rows[0]);
  return rows[0];
};

const makeDue = () =>
  database.query(
    sql`update identity.mail set next_attempt_at = now() where sealed_body is not null`,
  );

test("a queued mail is sealed; it is sent once in plain text, and then its body is deleted", async () => {
  const { caught, port } = await catcher();
  const mailId = await queue("ada@example.org", "your login code is 031415\n");
  const { rows } = await database.query<{ sealed_body: Buffer }>(sql`
    select sealed_body from identity.mail where mail_id = ${mailId}`);
  assert.equal(rows[0]?.sealed_body.includes("031415"), false);

  const rounds = await Promise.all([sendMails(depsFor(port), 10), sendMails(depsFor(port), 10)]);
  assert.equal(rounds[0].sent + rounds[1].sent, 1);
  assert.equal(caught.length, 1);
  const source = caught[0]?.source ?? "";
  assert.match(source, /^To: ada@example\.org\r$/m);
  assert.match(source, new RegExp(`^Message-ID: <${mailId}@brokerx>\r$`, "m"));
  assert.match(source, /^Content-Type: text\/plain/m);
  assert.match(source, /your login code is 031415/);
  const { sent, emptied } = await stateOf(mailId);
  assert.deepEqual({ sent, emptied }, { sent: true, emptied: true });
});

test("an unreachable mail server delays mails and loses none", async () => {
  const gone = await catcher();
  await gone.close();
  const mailId = await queue("late@example.org");
  const round = await sendMails(depsFor(gone.port), 10);
  assert.ok(round.unreachable instanceof Error);
  const waiting = await stateOf(mailId);
  assert.equal(waiting.emptied, false);
  assert.ok(waiting.waits > 0 && waiting.waits <= 1, `waits ${waiting.waits} s`);

  const back = await catcher();
  await makeDue();
  assert.equal((await sendMails(depsFor(back.port), 10)).sent, 1);
  assert.deepEqual(
    back.caught.map(({ recipient }) => recipient),
    ["late@example.org"],
  );
});

test("a mail server that hangs at any step is given up after the time-out", async () => {
  const peers = new Set<Socket>();
  const silent = createServer((socket) => peers.add(socket));
  const mute = createServer((socket) => {
    peers.add(socket);
    socket.write("220 hello\r\n");
  });
  // One byte now and then would reset a time-out that only measures silence.
  const drip = createServer((socket) => {
    peers.add(socket.on("error", () => {}));
    const timer = setInterval(() => socket.write("220-wait\r\n"), 50);
    socket.on("close", () => clearInterval(timer));
  });
  for (const server of [silent, mute, drip]) {
    const port = await listen(server);
    const mailId = await queue("hang@example.org");
    const begun = performance.now();
    const round = await sendMails(depsFor(port), 10);
    const took = performance.now() - begun;
    assert.ok(round.unreachable instanceof Error);
    assert.ok(took < 3_000, `gave up after ${took} ms`);
    assert.equal((await stateOf(mailId)).emptied, false);
    await owner.query(sql`delete from identity.mail where mail_id = ${mailId}`);
    for (const peer of peers) peer.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a permanently refused mail is given up and its body deleted, a deferred mail is retried", async () => {
  const { port } = await catcher();
  const refused = await queue("reply550@example.org");
  const deferred = await queue("reply451@example.org");
  const fine = await queue("fine@example.org");
  const round = await sendMails(depsFor(port), 10);
  assert.deepEqual(
    { claimed: round.claimed, sent: round.sent, unreachable: round.unreachable },
    { claimed: 3, sent: 1, unreachable: undefined },
  );
  const failed = await stateOf(refused);
  assert.deepEqual([failed.failed, failed.emptied], [true, true]);
  const later = await stateOf(deferred);
  assert.deepEqual([later.failed, later.emptied, later.attempts], [false, false, 1]);
  assert.ok(later.waits > 5);
  assert.equal((await stateOf(fine)).sent, true);
  await owner.query(sql`delete from identity.mail where mail_id = ${deferred}`);
});

test("an expired code is not sent", async () => {
  const { caught, port } = await catcher();
  const mailId = await queue("stale@example.org", "code", -1);
  await sendMails(depsFor(port), 10);
  const { failed, emptied } = await stateOf(mailId);
  assert.deepEqual([failed, emptied, caught.length], [true, true, 0]);
});

test("a mail sealed with another secret, or for another mail, does not block the others", async () => {
  const { caught, port } = await catcher();
  const foreign = await queue("foreign@example.org");
  const swapped = await queue("swapped@example.org");
  await queue("fine@example.org");
  await database.query(sql`
    update identity.mail set sealed_body = ${createSeal("x".repeat(32)).seal("hi", foreign)}
    where mail_id = ${foreign}`);
  await database.query(sql`
    update identity.mail set sealed_body = ${seal.seal("hi", foreign)} where mail_id = ${swapped}`);
  await sendMails(depsFor(port), 10);
  assert.deepEqual(
    caught.map(({ recipient }) => recipient),
    ["fine@example.org"],
  );
  assert.equal((await stateOf(foreign)).failed, true);
  assert.equal((await stateOf(swapped)).failed, true);
});

test("a sender that is killed while sending only delays its mails", async () => {
  const { caught, port } = await catcher();
  const mailId = await queue("crash@example.org");
  const never = { send: () => new Promise<never>(() => {}) };
  void sendMails({ ...depsFor(port), mailer: never }, 10);
  await until(async () => (await stateOf(mailId)).attempts === 1, "the claim");
  assert.equal((await sendMails(depsFor(port), 10)).claimed, 0);
  const { waits } = await stateOf(mailId);
  assert.ok(waits > 30 && waits <= 60, `leased for ${waits} s`);
  await makeDue();
  assert.equal((await sendMails(depsFor(port), 10)).sent, 1);
  assert.equal(caught.length, 1);
});

test("the notifier logs an outage once and its end once, and then sends all mails", async () => {
  const gone = await catcher();
  await gone.close();
  const said: string[] = [];
  const listening = {
    ...logger,
    warn: (_facts: object, event: string) => said.push(event),
    info: (_facts: object, event: string) => said.push(event),
  };
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, index) => queue(`client${index}@example.org`)),
  );
  const deps = { ...depsFor(gone.port), logger: listening };
  const notifier = startNotifier(deps, 5);
  const attempts = async () =>
    (await Promise.all(ids.map(stateOf))).reduce((sum, mail) => sum + mail.attempts, 0);
  await until(async () => (await attempts()) >= 20, "twenty attempts");
  assert.deepEqual(said, ["the mail server does not answer; mails wait"]);

  const back = await catcher(gone.port);
  await until(() => back.caught.length === 30, "all mails");
  await until(
    async () => (await Promise.all(ids.map(stateOf))).every(({ sent }) => sent),
    "all mails noted as sent",
  );
  await notifier.stop();
  assert.equal(new Set(back.caught.map(({ recipient }) => recipient)).size, 30);
  assert.deepEqual(said.slice(1), ["the mail server answers again"]);
});

test("many parallel senders send every mail once", async () => {
  const ids = await Promise.all(
    Array.from({ length: 200 }, (_, index) => queue(`crowd${index}@example.org`)),
  );
  const sent: string[] = [];
  const mailer = {
    send: async ({ id }: { readonly id: string }) => {
      sent.push(id);
      return { outcome: "sent" } as const;
    },
  };
  const sender = async () => {
    while ((await sendMails({ ...depsFor(1), mailer }, 5)).claimed > 0);
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  assert.deepEqual(sent.sort(), ids.sort());
});
