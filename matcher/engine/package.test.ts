import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ENGINE = fileURLToPath(new URL(".", import.meta.url));
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** The programs of the README, each with the output that the README shows below it. */
const examplesOf = (readme: string) =>
  [...readme.matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs)].map(
    ([, program = "", output = ""]) => ({ program, output }),
  );

test("the packed engine, installed elsewhere, runs the README's examples and has types", async () => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-engine-"));
  try {
    const packed = await run("npm", ["pack", ENGINE, "--pack-destination", folder], {
      cwd: folder,
    });
    const archive = packed.stdout.trim().split("\n").at(-1) ?? "";
    await writeFile(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${archive}`], {
      cwd: folder,
    });
    const examples = examplesOf(await readFile(join(ENGINE, "README.md"), "utf8"));
    assert.equal(examples.length, 2);
    for (const { program, output } of examples) {
      await writeFile(join(folder, "example.ts"), program);
      const { stdout } = await run(execPath, ["example.ts"], { cwd: folder });
      assert.equal(stdout, output);
      await run(execPath, [TSC, "--strict", "--noEmit", "--module", "nodenext", "example.ts"], {
        cwd: folder,
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
