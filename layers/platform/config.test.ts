import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "./config.ts";

const [FIRST, SECOND, THIRD] = ["a".repeat(32), "b".repeat(32), "c".repeat(32)];

const secretsOf = (text: string) =>
  loadConfig({
    DATABASE_URL: "postgres://brokerx@127.0.0.1/brokerx",
    JWT_KEYS: `test=${"x".repeat(32)}`,
    MAIL_SECRET: text,
  }).mailSecrets;

test("the secret of mails is one secret or a list, newest first", () => {
  assert.deepEqual(secretsOf(FIRST), [FIRST]);
  assert.deepEqual(secretsOf(`${FIRST},${SECOND}`), [FIRST, SECOND]);
  assert.deepEqual(secretsOf(`${FIRST}, ${SECOND} ,${THIRD}`), [FIRST, SECOND, THIRD]);
});

test("a list with a short, an empty or a fourth secret is refused by the name of the variable", () => {
  for (const text of ["", "short", `${FIRST},`, `,${FIRST}`, `${FIRST},short`])
    assert.throws(() => secretsOf(text), /MAIL_SECRET.*at least 32 bytes/, text);
  const four = [FIRST, SECOND, THIRD, "d".repeat(32)].join(",");
  assert.throws(() => secretsOf(four), /MAIL_SECRET.*at most three/);
});

const GOOD = {
  DATABASE_URL: "postgres://brokerx@127.0.0.1/brokerx",
  JWT_KEYS: `test=${"x".repeat(32)}`,
  MAIL_SECRET: FIRST,
};

test("the message of a bad variable begins with its name and says which values are allowed", () => {
  for (const [variable, sentence] of [
    [{ BACKLOG_MAX: "abc" }, "BACKLOG_MAX must be a whole number from 1 to 1000000."],
    [{ BACKLOG_MAX: "1.5" }, "BACKLOG_MAX must be a whole number from 1 to 1000000."],
    [{ BACKLOG_MAX: "0" }, "BACKLOG_MAX must be a whole number from 1 to 1000000."],
    [{ LOG_LEVEL: "loud" }, "LOG_LEVEL must be one of trace, debug, info, warn, error, silent."],
    [{ PROCESS_FREEZES: "maybe" }, "PROCESS_FREEZES must be true or false."],
    [{ LISTEN_HOST: "here" }, "LISTEN_HOST must be an IP address."],
    [{ SMTP_URL: "http://a" }, "SMTP_URL must be an address that begins with smtp:// or smtps://."],
    [{ DATABASE_URL: "http://a" }, "DATABASE_URL must be an address that begins with postgres://."],
    [{ DATABASE_URL: undefined }, "DATABASE_URL is missing."],
    [
      { SQS_QUEUE_URL: "http://a/commands.fifo" },
      "SQS_QUEUE_URL must be the address of the queue of shard 0, which ends in -0.fifo.",
    ],
    [
      { TRUSTED_PROXIES: "10.0.0.0/8,me" },
      "TRUSTED_PROXIES has me, which is not an address or a network such as 10.0.0.0/8.",
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: "often" }, "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1."],
    [
      { BACKLOG_MAX: "x", MAIL_SECRET: "short,short" },
      "MAIL_SECRET must have at least 32 bytes. BACKLOG_MAX must be a whole number from 1 to 1000000.",
    ],
  ] as const)
    assert.throws(() => loadConfig({ ...GOOD, ...variable }), {
      message: `The configuration is not usable. ${sentence}`,
    });
});
