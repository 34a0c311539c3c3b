import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { checkArtifacts } from "./artifact-checks.ts";
import { packageStack, publicFolder, runtimeClient } from "./artifacts.ts";
import { checkBox } from "./box-checks.ts";
import { checkPackage } from "./package-checks.ts";
import { startStack } from "./stack.ts";

// The cloud's stack, without a cloud: what `serverless package` makes is checked, and then run.

const folder = await publicFolder();
const template = await packageStack(join(folder, "package"));
const client = runtimeClient();
// Before the first test: once tests have run, the folder is deleted.
const stack =
  "missing" in client ? undefined : await startStack({ folder, template, client: client.path });

checkPackage(template, process.env["BROKERX_CLOUD_PACKAGE"] ?? join(folder, "package"));
if (stack === undefined)
  test("the stack runs", { skip: "missing" in client ? client.missing : "" });
else {
  test("the migration prepares an empty database, as an owner who is no superuser", async () => {
    const { Status, Reason } = await stack.migrate("Create");
    assert.equal(Status, "SUCCESS", String(Reason));
  });
  checkArtifacts(stack);
  checkBox(stack);
}
