import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

const MODULE = JSON.stringify(join(import.meta.dirname, "process.ts"));

/** A process with the given stop steps; its output is complete when it has ended. */
const start = async (t: TestContext, steps: string, withinMs = 5_000) => {
  const source = `
    const { stopOnSignal } = await import(${MODULE});
    const log = (facts, text) => console.log(text);
    stopOnSignal({ logger: { info: log, warn: log }, withinMs: ${withinMs}, stop: [${steps}] });
    setInterval(() => {}, 1_000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source]);
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const ended = once(child, "close");
  await once(child.stdout, "data");
  return { child, ended, lines: () => output.trim().split("\n") };
};

test("a signal stops the steps in their order, once, and the process exits with 0", async (t) => {
  const steps = `async () => { await null; console.log("first"); }, () => console.log("second")`;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { child, ended, lines } = await start(t, steps);
    child.kill(signal);
    child.kill(signal);
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(lines(), ["ready", "first", "second", "stopped"]);
  }
});

test("a step that fails to stop does not keep the next steps from running", async (t) => {
  const steps = `() => Promise.reject(new Error("stuck")), () => console.log("second")`;
  const { child, ended, lines } = await start(t, steps);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(lines(), ["ready", "a part did not stop in order", "second", "stopped"]);
});

test("a step that never ends makes the process exit with 1 when the time is up", async (t) => {
  const { child, ended, lines } = await start(t, "() => new Promise(() => {})", 100);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [1, null]);
  assert.deepEqual(lines(), ["ready"]);
});
