import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

// The package as npm makes it, installed into an empty folder: what a client developer gets.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
/** What the package depends on, from this repository, so that the test needs no network. */
const DEPENDENCIES = ["openapi-fetch", "openapi-typescript-helpers"];

const PROGRAM = `
import { type Book, BrokerXError, checksumOf, createBrokerX, Feed, parseDecimal } from "brokerx-sdk";

const requests: Request[] = [];
const brokerx = createBrokerX({
  baseUrl: "http://127.0.0.1:1",
  apiKey: "key",
  token: () => "token",
  fetch: async (...call: Parameters<typeof fetch>) => {
    requests.push(new Request(...call));
    return Response.json({ code: "insufficient_funds", detail: "no" }, { status: 422 });
  },
});
const order = { symbol: "AAPL", direction: "buy", order_type: "limit", quantity: 5, price: "101.00" } as const;
const refusal: unknown = await brokerx.orders.place(order).catch((error: unknown) => error);
const book: Pick<Book, "bids" | "asks"> = { bids: [["100.99", 300]], asks: [] };
console.log(
  JSON.stringify([
    refusal instanceof BrokerXError && refusal.code,
    requests[0]?.headers.get("apikey"),
    checksumOf(book),
    String(parseDecimal("1.5")),
    typeof Feed,
  ]),
);
`;

const CONFIG = {
  compilerOptions: {
    ...{ target: "es2023", lib: ["es2023", "dom"], module: "nodenext", strict: true, types: [] },
    ...{ skipLibCheck: false, exactOptionalPropertyTypes: true },
  },
  files: ["program.mts"],
};

test("the packed SDK installs into an empty folder, compiles there and runs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-sdk-"));
  const { stdout } = await run(NPM, ["pack", "--json", "--pack-destination", folder], {
    cwd: import.meta.dirname,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }];
  await writeFile(join(folder, "package.json"), "{}");
  const local = DEPENDENCIES.map((name) => join(ROOT, "node_modules", name));
  const flags = ["--offline", "--install-links", "--no-audit", "--no-fund"];
  await run(NPM, ["install", ...flags, join(folder, filename), ...local], { cwd: folder });
  await writeFile(join(folder, "program.mts"), PROGRAM);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler, "-p", folder], { cwd: folder });
  const output = await run(process.execPath, [join(folder, "program.mjs")], { cwd: folder });
  assert.deepEqual(JSON.parse(output.stdout), [
    ...["insufficient_funds", "key", 2_638_395_462, "15000", "function"],
  ]);
  await rm(folder, { recursive: true, force: true });
});
