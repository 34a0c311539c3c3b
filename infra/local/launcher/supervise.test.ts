import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../layers/testing/until.ts";
import { supervise } from "./supervise.ts";

test("when a process ends with an error, the terminal shows the error and the log file", async () => {
  const said: string[] = [];
  const part = {
    ...{ name: "worker", health: undefined, env: process.env },
    args: ["--eval", 'throw new Error("LOG_LEVEL is wrong.")'],
  };
  const running = supervise(part, { write: () => {} }, (line) => said.push(line));
  await until(() => Promise.resolve(said.length >= 2), "the process has ended");
  await running.stop();
  assert.deepEqual(said.slice(0, 2), [
    "worker: Error: LOG_LEVEL is wrong. (see logs/worker.log)",
    "worker ended (exit code 1) and starts again in 250 ms",
  ]);
});
