import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { OPENAPI_FILE, readContracts, writeApiText } from "./openapi.ts";

const ROOT = join(import.meta.dirname, "..");

type Services = Record<
  string,
  Record<string, { readonly events?: readonly { readonly httpApi?: string }[] }>
>;

const routesOfServerless = async (): Promise<readonly string[]> => {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  const { custom } = parse(text) as { readonly custom: { readonly services: Services } };
  return Object.values(custom.services)
    .flatMap((service) => Object.values(service))
    .flatMap(({ events = [] }) => events.map(({ httpApi }) => httpApi ?? "*"))
    .filter((route) => route !== "*")
    .sort();
};

test("docs/openapi.json says what the contracts say (else: npm run openapi)", async () => {
  assert.equal(await readFile(OPENAPI_FILE, "utf8"), await writeApiText());
});

test("every contract has its route in serverless.yml, and every route its contract", async () => {
  const promised = (await readContracts()).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(promised.sort(), await routesOfServerless());
});

test("no two routes share an operation id", async () => {
  const ids = (await readContracts()).map(({ operationId }) => operationId);
  assert.deepEqual(ids.toSorted(), [...new Set(ids)].sort());
});

test("the document passes an OpenAPI linter", () => {
  const linter = join(ROOT, "node_modules", ".bin", "redocly");
  const { status, stdout, stderr } = spawnSync(linter, ["lint", OPENAPI_FILE], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});
