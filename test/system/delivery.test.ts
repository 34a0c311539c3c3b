import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findTool } from "../support/tools.ts";

// The workflows and the image are only run by GitHub; here their linters read them.

const ROOT = join(import.meta.dirname, "../..");
const WORKFLOWS = join(ROOT, ".github", "workflows");
const workflows = (await readdir(WORKFLOWS)).map((file) => join(WORKFLOWS, file));

const DOCKERFILES = ["infra/images/Dockerfile", "infra/cloud/Dockerfile"];

const LINTERS = [
  { tool: "actionlint", variable: "ACTIONLINT", parameters: workflows },
  {
    tool: "zizmor",
    variable: "ZIZMOR",
    parameters: ["--offline", "--no-progress", join(ROOT, ".github")],
  },
  {
    tool: "hadolint",
    variable: "HADOLINT",
    parameters: DOCKERFILES.map((file) => join(ROOT, file)),
  },
];
for (const { tool, variable, parameters } of LINTERS) {
  const found = findTool(tool, variable);
  const skip = "missing" in found ? found.missing : false;
  test(`${tool} finds nothing`, { skip }, () => {
    if ("missing" in found) return;
    const { status, stdout, stderr } = spawnSync(found.path, parameters, { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}

test("the images have the pinned Node, by digest", async () => {
  const version = (await readFile(join(ROOT, ".node-version"), "utf8")).trim();
  const texts = await Promise.all(DOCKERFILES.map((file) => readFile(join(ROOT, file), "utf8")));
  const bases = [...texts.join("\n").matchAll(/^FROM (?:--\S+ )?(\S+)/gm)].map(
    ([, base = ""]) => base,
  );
  assert.equal(bases.length, 3);
  for (const base of bases)
    assert.match(base, new RegExp(`^node:${version}-bookworm-slim@sha256:[0-9a-f]{64}$`));
});

const notes = (tag: string) =>
  spawnSync("bash", [join(ROOT, "infra/release/notes.sh"), tag], { encoding: "utf8" });

test("a release is described by its section of the CHANGELOG, and only the packaged version", async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const { status, stdout, stderr } = notes(`v${version}`);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^### Added$/m);
  assert.doesNotMatch(stdout, /^## /m);
  const unknownVersion = notes("v99.0.0");
  assert.notEqual(unknownVersion.status, 0);
  assert.match(unknownVersion.stderr, /package\.json says/);
});
