import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkArtifacts } from "./artifact-checks.ts";
import { packageStack, publicFolder, runtimeClient } from "./artifacts.ts";
import { checkBox } from "./box-checks.ts";
import { createCleanUp } from "./clean-up.ts";
import { checkPackage } from "./package-checks.ts";
import { startStack } from "./stack.ts";
import { checkTemplate } from "./template-checks.ts";

// The cloud's stack, without a cloud: what `serverless package` makes is checked, and then run.

const ENDS_WITHIN_MS = 10_000;

const endForCertain = (): void => {
  console.error(`still open: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
};

const cleanUp = createCleanUp();
process.once("exit", cleanUp.kill);
after(async () => {
  await cleanUp.run().finally(() => {
    // If anything is still open then, the file ends nevertheless and fails.
    setTimeout(endForCertain, ENDS_WITHIN_MS).unref();
  });
});

const folder = await publicFolder(cleanUp);
const template = await packageStack(join(folder, "package"));
const client = runtimeClient();
const stack =
  "missing" in client
    ? undefined
    : await startStack({ folder, template, client: client.path, cleanUp });

checkPackage(template, folder);
checkTemplate(template, process.env["BROKERX_CLOUD_PACKAGE"] ?? join(folder, "package"));
if (stack === undefined)
  test("the packaged stack runs on this computer", {
    skip: "missing" in client ? client.missing : "",
  });
else {
  test("the migration prepares an empty database, as an owner who is no superuser", async () => {
    const { Status, Reason, NoEcho } = await stack.migrate("Create");
    assert.equal(Status, "SUCCESS", Reason);
    assert.ok(NoEcho, "CloudFormation must not show the secrets");
  });
  checkArtifacts(stack);
  checkBox(stack);
}
