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
