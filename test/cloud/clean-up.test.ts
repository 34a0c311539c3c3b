import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createCleanUp } from "./clean-up.ts";

test("processes stop in reverse order, and a stop that fails or hangs does not prevent the others", async () => {
  const cleanUp = createCleanUp(50);
  const stopped: string[] = [];
  cleanUp.add("database", () => stopped.push("database"));
  cleanUp.add("queue", () => new Promise(() => {}));
  cleanUp.add("mail", () => {
    throw new Error("mail is stuck");
  });
  cleanUp.add("functions", () => stopped.push("functions"));
  await assert.rejects(cleanUp.run(), /mail did not stop.*queue did not stop/);
  assert.deepEqual(stopped, ["functions", "database"]);
});

test("processes that were not stopped are killed before their folder is deleted", async () => {
  const cleanUp = createCleanUp(50);
  const folder = await mkdtemp(join(tmpdir(), "brokerx-clean-up-"));
  const child = spawn("sleep", ["60"], { cwd: folder });
  cleanUp.addFolder(folder);
  cleanUp.addKill(() => {
    assert.ok(existsSync(folder));
    child.kill("SIGKILL");
  });
  cleanUp.add("child", () => Promise.reject(new Error("it does not stop")));
  const exit = once(child, "exit");
  await assert.rejects(cleanUp.run(), /child did not stop/);
  assert.deepEqual(await exit, [null, "SIGKILL"]);
  assert.ok(!existsSync(folder));
});
