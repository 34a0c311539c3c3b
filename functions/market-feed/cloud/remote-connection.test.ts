import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { testLogger } from "../../../layers/testing/logger.ts";
import { until } from "../../../layers/testing/until.ts";
import { createMessageBatch } from "../protocol/message-batch.ts";
import { OVERFLOW_BYTES } from "../sockets/send-buffer.ts";
import type { ManagementApi } from "./management-api.ts";
import { openRemoteConnection } from "./remote-connection.ts";

type Result = Awaited<ReturnType<ManagementApi["post"]>>;

/** A connection, and a gateway whose posts can be held. */
const openTestConnection = (resultOf: (posted: number) => Result | Error = () => "sent") => {
  const posted: string[] = [];
  const held: (() => void)[] = [];
  const ends = { connections: 0, hungUp: 0 };
  let holding = false;
  const logger = testLogger();
  const connection = openRemoteConnection({
    connectionId: "c-1",
    api: {
      post: async (_id, text) => {
        if (holding) await new Promise<void>((resolve) => held.push(resolve));
        const result = resultOf(posted.push(text));
        if (result instanceof Error) throw result;
        return result;
      },
      disconnect: async () => {
        ends.hungUp += 1;
      },
    },
    clock: () => new Date(),
    logger,
    expiresAt: new Date(Date.now() + 60_000),
    onEnd: () => {
      ends.connections += 1;
    },
  });
  const hold = (): void => {
    holding = true;
  };
  const release = (): void => {
    holding = false;
    for (const resume of held.splice(0)) resume();
  };
  return { connection, posted, ends, logger, hold, release };
};

const WELCOME = '{"type":"welcome"}';
const batchOf = (...texts: string[]) => createMessageBatch(texts.map((text) => ({ text })));
const quote = (text: string) => createMessageBatch([{ text, slot: "quote" }]);

test("messages are posted in order, the welcome first", async () => {
  const { connection, posted } = openTestConnection();
  connection.send(batchOf("one", "two"));
  connection.send(batchOf("three"));
  await until(() => posted.length === 4, "all of it");
  assert.deepEqual(posted, [WELCOME, "one", "two", "three"]);
});

test("when messages wait, only the newest quote is posted, and every message of any other type", async () => {
  const { connection, posted, hold, release } = openTestConnection();
  await until(() => posted.length === 1, "the welcome");
  hold();
  connection.send(batchOf("trade 1"));
  for (let count = 1; count <= 100; count += 1) connection.send(quote(`quote ${count}`));
  connection.send(batchOf("trade 2"));
  connection.send(quote("quote 101"));
  release();
  await until(() => posted.length === 4, "the rest");
  assert.deepEqual(posted, [WELCOME, "trade 1", "trade 2", "quote 101"]);
});

test("when too many messages wait, the client receives an error instead of them and is disconnected", async () => {
  const { connection, posted, ends, hold, release } = openTestConnection();
  await until(() => posted.length === 1, "the welcome");
  hold();
  const text = "x".repeat(10_000);
  for (let sent = 0; sent <= OVERFLOW_BYTES + 20_000; sent += text.length)
    connection.send(batchOf(text));
  connection.send(batchOf("after the end"));
  release();
  await until(() => ends.connections === 1, "the end");
  const goodbye = '{"type":"disconnect","reason":"slow_client","reconnect":true}';
  assert.equal(posted.at(-1), goodbye);
  assert.ok(posted.length <= 3, `${posted.length} were posted`);
  assert.equal(ends.hungUp, 1);
});

test("the welcome is repeated while the gateway does not know the connection yet", async () => {
  const { connection, posted, ends } = openTestConnection((count) => (count < 4 ? "gone" : "sent"));
  connection.send(batchOf("one"));
  await until(() => posted.includes("one"), "the first word");
  assert.deepEqual(posted, [WELCOME, WELCOME, WELCOME, WELCOME, "one"]);
  assert.equal(ends.connections, 0);
});

test("a connection that is gone ends at the next post to it, once", async () => {
  const { connection, posted, ends } = openTestConnection((count) =>
    count === 1 ? "sent" : "gone",
  );
  await until(() => posted.length === 1, "the welcome");
  connection.send(batchOf("one", "two"));
  await until(() => ends.connections === 1, "the end");
  connection.send(batchOf("three"));
  connection.disconnect("server_restart", true);
  await nextTurn(); // posts need no timer, so another one would have been made by now
  assert.deepEqual([posted.length, ends.connections], [2, 1]);
});

test("after a message that is too large for the gateway the client is disconnected", async () => {
  const { connection, posted, ends, logger } = openTestConnection((count) =>
    count === 2 ? "too_large" : "sent",
  );
  connection.send(batchOf("a book without end", "the next word"));
  await until(() => ends.connections === 1, "the end");
  assert.equal(posted.at(-1), '{"type":"disconnect","reason":"invalid_request","reconnect":false}');
  assert.ok(!posted.includes("the next word"));
  assert.deepEqual([ends.hungUp, logger.lines.length], [1, 1]);
});

test("a gateway that does not answer ends the connection, and the log says why", async () => {
  const { ends, logger } = openTestConnection(() => new Error("timeout"));
  await until(() => ends.connections === 1, "the end");
  assert.deepEqual(
    logger.lines.map(({ event }) => event),
    ["a connection cannot be reached"],
  );
});
