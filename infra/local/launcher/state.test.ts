import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadSecrets, readEnvironment } from "./state.ts";

const emptyFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-state-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test("the first start creates secrets, and the next start keeps them", async (t) => {
  const folder = await emptyFolder(t);
  const secrets = await loadSecrets(folder);
  assert.deepEqual(await loadSecrets(folder), secrets);
});

test("a role that was added later gets a password, and the other secrets stay", async (t) => {
  const folder = await emptyFolder(t);
  const { rolePasswords, ...secrets } = await loadSecrets(folder);
  const { feed: _, ...older } = rolePasswords;
  await writeFile(
    join(folder, "secrets.json"),
    JSON.stringify({ ...secrets, rolePasswords: older }),
  );
  const now = await loadSecrets(folder);
  assert.deepEqual({ ...now, rolePasswords: {} }, { ...secrets, rolePasswords: {} });
  assert.equal(now.rolePasswords.orders, rolePasswords.orders);
  assert.ok(now.rolePasswords.feed.length > 20);
});

test("secrets that cannot be read are an error and are not replaced", async (t) => {
  const folder = await emptyFolder(t);
  await mkdir(join(folder, "secrets.json"));
  await assert.rejects(loadSecrets(folder), /^Error: The secrets of this folder cannot be read: /);
  await rm(join(folder, "secrets.json"), { recursive: true });
  await writeFile(join(folder, "secrets.json"), "{ torn");
  await assert.rejects(loadSecrets(folder), /secrets\.json is damaged\./);
  assert.equal(await readFile(join(folder, "secrets.json"), "utf8"), "{ torn");
});

test("a folder without a started system has no environment", async (t) => {
  const folder = await emptyFolder(t);
  assert.equal(await readEnvironment(folder), undefined);
  await mkdir(join(folder, "local.env"));
  await assert.rejects(readEnvironment(folder), { code: "EISDIR" });
});
