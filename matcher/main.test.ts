import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { freePort } from "../layers/testing/free-port.ts";

test("a matcher that cannot reach the database at its start logs the reason as JSON and exits with 1", async () => {
  const matcher = spawn(process.execPath, ["matcher/main.ts"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      DATABASE_URL: `postgres://brokerx_matcher:password@127.0.0.1:${await freePort()}/brokerx`,
      SQS_QUEUE_URL: "http://127.0.0.1:1/000000000000/commands-0.fifo",
      JWT_KEYS: `test=${"x".repeat(32)}`,
      MAIL_SECRET: "x".repeat(32),
      MATCHER_PORT: "0",
      LOG_LEVEL: "info",
    },
  });
  const [output, [code]] = await Promise.all([text(matcher.stderr), once(matcher, "exit")]);
  const lines = output.trimEnd().split("\n");
  const failure = lines
    .map((line) => JSON.parse(line))
    .find(({ msg }) => msg === "the matcher did not start");
  assert.match(failure?.err.message, /^the database did not answer: /, output);
  assert.equal(code, 1);
});
