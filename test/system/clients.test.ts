import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findPlace, launch, runProgram } from "../support/launcher.ts";
import { findTool } from "../support/tools.ts";

// Clients of the running system: local invokes, both generated clients, and raw bytes.

const ROOT = join(import.meta.dirname, "..", "..");
const place = await findPlace();
const scratch = await mkdtemp(join(tmpdir(), "brokerx-clients-"));
const system = launch(place.env, ["--quiet-market"]);
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  for (const folder of [place.home, scratch]) await rm(folder, { recursive: true, force: true });
});
await system.says(/BrokerX is ready in/, 90_000);

const { stdout } = runProgram(place.env, ["token", "alice@brokerx.local"]);
const TOKEN = stdout.trim();
const env = {
  ...place.env,
  PATH: `${join(ROOT, "node_modules", ".bin")}:${process.env["PATH"]}`,
  GATEWAY: `http://127.0.0.1:${place.ports.gateway}`,
  TOKEN,
};
const run = (program: string, args: readonly string[], extra: object = {}): string =>
  execFileSync(program, args, { cwd: ROOT, env: { ...env, ...extra }, encoding: "utf8" });

const examples = await readdir(join(ROOT, "infra", "examples"));
for (const file of examples.filter((name) => name.endsWith(".js") && name !== "event.js"))
  test(`the command in infra/examples/${file} invokes its function`, async () => {
    const text = await readFile(join(ROOT, "infra", "examples", file), "utf8");
    const command = /^\/\/ (npx serverless invoke local .*)$/m.exec(text)?.[1];
    assert.ok(command !== undefined, "the example does not say how it is run");
    const output = run("bash", ["-c", command]);
    const response = JSON.parse(output.slice(output.indexOf("{"))) as {
      readonly statusCode: number;
    };
    assert.ok([200, 201].includes(response.statusCode), output);
  });

const post = async (
  body: string | Buffer,
  type: string | undefined,
): Promise<readonly unknown[]> => {
  const response = await fetch(
    `http://127.0.0.1:${place.ports["orders-a"]}/api/v1/orders/preview`,
    {
      method: "POST",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(type === undefined ? {} : { "content-type": type }),
      },
      body: Buffer.from(body),
    },
  );
  const { code } = (await response.json()) as { readonly code?: string };
  return [response.status, code];
};

test("a service reads the bytes that were sent, and accepts only a JSON object in UTF-8", async () => {
  const json = "application/json";
  const order = {
    symbol: "AAPL",
    direction: "buy",
    order_type: "limit",
    quantity: 1,
    price: "101",
  };
  const good = JSON.stringify({ order });
  assert.deepEqual(await post(good, json), [200, undefined]);
  assert.deepEqual(await post(JSON.stringify(good), json), [400, "malformed_json"]);
  for (const body of ["null", "0", '""', "false", "[]"])
    assert.deepEqual(await post(body, json), [400, "malformed_json"], body);
  const latin1 = Buffer.from(good.replace("AAPL", "Ü"), "latin1");
  assert.deepEqual(await post(latin1, json), [400, "malformed_json"]);
  for (const type of [undefined, "", "text/plain", `${json}, text/plain`, `${json};charset=latin1`])
    assert.deepEqual(await post(good, type), [415, "unsupported_media_type"], String(type));
});

test("the generated TypeScript client places an order", () => {
  const id = run(process.execPath, [join(ROOT, "test", "clients", "place-order.ts")]);
  assert.match(id, /^[0-9a-f-]{36}\n$/);
});

const generator = findTool("openapi-python-client", "OPENAPI_PYTHON_CLIENT");
const skip = "missing" in generator ? generator.missing : false;

test("the generated Python client compiles and places an order", { skip }, async () => {
  if ("missing" in generator) return;
  const output = join(scratch, "brokerx_client");
  const document = join(ROOT, "docs", "openapi.json");
  const args = ["generate", "--path", document, "--output-path", output, "--meta", "none"];
  run(generator.path, args);
  await cp(join(ROOT, "test", "clients", "place_order.py"), join(scratch, "place_order.py"));
  const python = process.env["CLIENT_PYTHON"] ?? "python3";
  run(python, ["-m", "compileall", "-q", output]);
  const id = run(python, [join(scratch, "place_order.py")], { PYTHONPATH: scratch });
  assert.match(id, /^[0-9a-f-]{36}\n$/);
});
