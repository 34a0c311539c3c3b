import assert from "node:assert/strict";
import { test } from "node:test";
import { isMessage, reasonOf } from "./log-line.ts";

const lastMessage = (output: string): string => output.split("\n").findLast(isMessage) ?? "";

test("the reason why a process ended is the message of its error, not its stack trace", () => {
  const output = `file:///brokerx/layers/platform/config.ts:130
  throw new Error("No.");
  ^

Error: No.
    at parse (file:///brokerx/layers/platform/config.ts:153:9) {
  code: 'ERR'
}

Node.js v24.21.0
`;
  assert.equal(reasonOf(lastMessage(output)), "Error: No.");
  assert.equal(reasonOf(lastMessage("The port is taken.\n")), "The port is taken.");
});

test("a process whose last log line is JSON gives no reason", () => {
  assert.equal(reasonOf(lastMessage('{"level":30,"msg":"stopped"}\n')), undefined);
  assert.equal(reasonOf(lastMessage("")), undefined);
});
