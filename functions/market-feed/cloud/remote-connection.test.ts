import assert from "node:assert/strict";
import { test } from "node:test";
import { testLogger } from "../../../layers/testing/logger.ts";
import { until } from "../../../layers/testing/until.ts";
import { createParcel } from "../protocol/message-batch.ts";
import { OVERFLOW_BYTES } from "../sockets/send-buffer.ts";
import type { ManagementApi } from "./management-api.ts";
import { openRemoteSession } from "./remote-connection.ts";

type Result = Awaited<ReturnType<ManagementApi["post"]>>;

/** A gateway that posts when it is told to, and a session that speaks through it. */
const openSession = (answer: (posted: number) => Result | Error = () => "sent") => {
  const posted: string[] = [];
  const held: (() => void)[] = [];
  const ends = { sessions: 0, hungUp: 0 };
  let holding = false;
  const logger = testLogger();
  const session = openRemoteSession({
    connectionId: "c-1",
    api: {
      post: async (_id, text) => {
        if (holding) await new Promise<void>((resolve) => held.push(resolve));
        const result = answer(posted.push(text));
        if (result instanceof Error) throw result;
        return result;
      },
      hangUp: async () => {
        ends.hungUp += 1;
      },
    },
    clock: () => new Date(),
    logger,
    expiresAt: new Date(Date.now() + 60_000),
    onEnd: () => {
      ends.sessions += 1;
    },
  });
  const hold = (): void => {
    holding = true;
  };
  const release = async (): Promise<void> => {
    holding = false;
    for (const resume of held.splice(0)) resume();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { session, posted, ends, logger, hold, release };
};

const WELCOME = '{"type":"welcome"}';
const words = (...texts: string[]) => createParcel(texts.map((text) => ({ text })));
const view = (text: string) => createParcel([{ text, slot: "quote" }]);

test("what is said is posted in order, the welcome first", async () => {
  const { session, posted } = openSession();
  session.send(words("one", "two"));
  session.send(words("three"));
  await until(() => posted.length === 4, "all of it");
  assert.deepEqual(posted, [WELCOME, "one", "two", "three"]);
});

test("of the views that wait only the newest is posted; of everything else, all", async () => {
  const { session, posted, hold, release } = openSession();
  await until(() => posted.length === 1, "the welcome");
  hold();
  session.send(words("trade 1"));
  for (let count = 1; count <= 100; count += 1) session.send(view(`quote ${count}`));
  session.send(words("trade 2"));
  session.send(view("quote 101"));
  await release();
  assert.deepEqual(posted, [WELCOME, "trade 1", "trade 2", "quote 101"]);
});

test("who lets too much wait is told so instead of all that waits, and hung up on", async () => {
  const { session, posted, ends, hold, release } = openSession();
  await until(() => posted.length === 1, "the welcome");
  hold();
  const text = "x".repeat(10_000);
  for (let sent = 0; sent <= OVERFLOW_BYTES + 20_000; sent += text.length)
    session.send(words(text));
  session.send(words("after the end"));
  await release();
  await until(() => ends.sessions === 1, "the end");
  const goodbye = '{"type":"disconnect","reason":"slow_client","reconnect":true}';
  assert.equal(posted.at(-1), goodbye);
  assert.ok(posted.length <= 3, `${posted.length} were posted`);
  assert.equal(ends.hungUp, 1);
});

test("a connection that the gateway does not have yet is greeted again", async () => {
  const { session, posted, ends } = openSession((count) => (count < 4 ? "gone" : "sent"));
  session.send(words("one"));
  await until(() => posted.includes("one"), "the first word");
  assert.deepEqual(posted, [WELCOME, WELCOME, WELCOME, WELCOME, "one"]);
  assert.equal(ends.sessions, 0);
});

test("a connection that left is over at the next word to it, and once", async () => {
  const { session, posted, ends } = openSession((count) => (count === 1 ? "sent" : "gone"));
  await until(() => posted.length === 1, "the welcome");
  session.send(words("one", "two"));
  await until(() => ends.sessions === 1, "the end");
  session.send(words("three"));
  session.farewell("server_restart", true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([posted.length, ends.sessions], [2, 1]);
});

test("what is larger than the gateway takes is not sent: the client is told to leave", async () => {
  const { session, posted, ends, logger } = openSession((count) =>
    count === 2 ? "too_large" : "sent",
  );
  session.send(words("a book without end", "the next word"));
  await until(() => ends.sessions === 1, "the end");
  assert.equal(posted.at(-1), '{"type":"disconnect","reason":"invalid_request","reconnect":false}');
  assert.ok(!posted.includes("the next word"));
  assert.deepEqual([ends.hungUp, logger.lines.length], [1, 1]);
});

test("a gateway that does not answer ends the connection, and the log says why", async () => {
  const { ends, logger } = openSession(() => new Error("timeout"));
  await until(() => ends.sessions === 1, "the end");
  assert.deepEqual(
    logger.lines.map(({ event }) => event),
    ["a connection cannot be reached"],
  );
});
