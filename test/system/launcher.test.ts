import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { takenPorts } from "../../infra/local/launcher/ports.ts";
import { until } from "../../layers/testing/until.ts";
import {
  childrenOf,
  findPlace,
  type Launched,
  launch,
  readWalk,
  runProgram,
  stillAlive,
} from "../support/launcher.ts";

// The real launcher with its own folder and ports. The tests follow one system in order: first
// start, use, a crash, a kill, an orderly end, a reset.

const READY = /BrokerX is ready in [\d.]+ s/;
const place = await findPlace();
const url = (name: "identity" | "portfolios" | "orders-a", path: string): string =>
  `http://127.0.0.1:${place.ports[name]}${path}`;
let system: Launched;

before(() => {
  system = launch(place.env);
});
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(place.home, { recursive: true, force: true });
});

const token = (email = "demo@brokerx.local"): string =>
  runProgram(place.env, ["token", email]).stdout.trim();

const ask = async (address: string, init: RequestInit = {}): Promise<Response> =>
  fetch(address, {
    ...init,
    headers: {
      authorization: `Bearer ${token()}`,
      "content-type": "application/json",
      ...init.headers,
    },
  });

const deposits = async (): Promise<readonly string[]> => {
  const response = await ask(url("portfolios", "/api/v1/deposits"));
  const body = (await response.json()) as { readonly deposits: readonly { amount: string }[] };
  return body.deposits.map(({ amount }) => amount);
};

test("the first start ends with a table of addresses and demo accounts", async () => {
  await system.says(READY, 90_000);
  const said = system.output();
  for (const name of ["identity", "orders-a", "orders-b", "portfolios", "reporting"] as const)
    assert.ok(
      said.includes(`http://127.0.0.1:${place.ports[name]}`),
      `${name} is missing: ${said}`,
    );
  for (const email of ["demo@brokerx.local", "alice@brokerx.local", "bob@brokerx.local"])
    assert.ok(said.includes(email));
});

test("every service reports that it is healthy and names itself", async () => {
  const names = ["identity", "orders-a", "orders-b", "portfolios", "reporting", "admin"] as const;
  for (const name of [...names, "market-feed", "matcher"] as const) {
    const response = await fetch(`http://127.0.0.1:${place.ports[name]}/health`);
    const body = (await response.json()) as { status: string; instance: string };
    assert.deepEqual([response.status, body.status, body.instance], [200, "ok", name]);
    assert.equal(response.headers.get("x-instance"), name);
    assert.ok(response.headers.get("x-correlation-id"));
  }
});

test("only their owner can read secrets and data", async () => {
  for (const name of ["secrets.json", "local.env"])
    assert.equal((await stat(join(place.home, name))).mode & 0o077, 0, name);
});

test("the README's walk leads from sign-up to a filled order", async () => {
  const script = await readWalk(place);
  const shell = spawn("bash", ["-euo", "pipefail"], { env: place.env, stdio: "pipe" });
  let output = "";
  shell.stdout.on("data", (chunk) => {
    output += chunk;
  });
  shell.stderr.on("data", (chunk) => {
    output += chunk;
  });
  shell.stdin.end(script);
  const code = await new Promise((resolve) => shell.once("close", resolve));
  assert.equal(code, 0, output);
  assert.match(output, /"status":"filled"/, output);
  assert.match(output, /"symbol":"AAPL","quantity":5,/, output);
  assert.match(output, /Filled/, output);
});

test("a token is printed alone, and an unknown e-mail gets a message", () => {
  const known = runProgram(place.env, ["token", "demo@brokerx.local"]);
  assert.match(known.stdout, /^[\w-]+(\.[\w-]+){2}\n$/, known.stderr);
  const unknown = runProgram(place.env, ["token", "eve@brokerx.local"]);
  assert.equal(unknown.stdout, "");
  assert.match(unknown.stderr, /^There is no demo account eve@brokerx.local\. There are demo@/);
});

test("a request that no handler receives gets a problem too", async () => {
  for (const [path, status] of [
    ["/nowhere", 404],
    ["/%zz", 400],
  ] as const) {
    const response = await fetch(url("identity", path));
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("x-instance"), "identity");
  }
  const metrics = await (await fetch(url("identity", "/metrics"))).text();
  assert.doesNotMatch(metrics, /nowhere/, "a caller cannot add label values");
});

test("every process logs one JSON object a line, and a refusal with its correlation id", async () => {
  const correlationId = `refused-${randomUUID()}`;
  const headers = { "x-correlation-id": correlationId };
  assert.equal((await fetch(url("orders-a", "/api/v1/orders"), { headers })).status, 401);
  const logs = join(place.home, "logs");
  const lines: Readonly<Record<string, unknown>>[] = [];
  const read = async (): Promise<void> => {
    lines.length = 0;
    for (const name of await readdir(logs)) {
      if (name.startsWith("postgres")) continue;
      for (const line of (await readFile(join(logs, name), "utf8")).split("\n").slice(0, -1)) {
        assert.match(line, /^\{.*\}$/, name);
        lines.push(JSON.parse(line));
      }
    }
  };
  await until(async () => {
    await read();
    return lines.some((line) => line["correlationId"] === correlationId);
  }, "the refusal is in the log");
  assert.ok(lines.length > 8);
  for (const { time, service, msg } of lines) assert.ok(time && service && msg);
});

test("a second start in the same folder is refused with a message", async () => {
  const second = launch(place.env);
  assert.equal(await second.ended, 1);
  assert.match(second.output(), /^BrokerX is already running here \(process \d+, data in /);
});

test("a taken port is named, with the service that needs it and what to do", async () => {
  const home = `${place.home}-other`;
  const second = launch({ ...place.env, BROKERX_HOME: home });
  assert.equal(await second.ended, 1);
  await rm(home, { recursive: true, force: true });
  assert.match(
    second.output(),
    new RegExp(`Port ${place.ports.identity} is taken; identity wants it`),
  );
  assert.match(second.output(), /BROKERX_PORT_OFFSET=\d+ npm start/);
});

test("a crashed process is restarted with one line of output, and orders still trade", async () => {
  const queue = childrenOf(system).find(({ command }) => command.includes("/sqs.ts"));
  assert.ok(queue);
  process.kill(queue.pid, "SIGKILL");
  await system.says(/^\d\d:\d\d:\d\d sqs ended \(SIGKILL\) and starts again in \d+ ms$/m);
  await system.says(/^\d\d:\d\d:\d\d sqs is back after \d+\.\d s$/m);
  const isFilled = async (): Promise<boolean> => {
    const response = await ask(url("orders-a", "/api/v1/orders"), {
      method: "POST",
      headers: { prefer: "wait=5" },
      body: JSON.stringify({
        order: {
          ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: 101 },
          client_order_id: randomUUID(),
        },
      }),
    });
    return ((await response.json()) as { status?: string }).status === "filled";
  };
  await until(isFilled, "an order is filled after the queue's crash");
});

test("after kill -9 of the launcher the next start finds its ports and its data", async () => {
  const amount = "4321.00";
  const credited = await ask(url("portfolios", "/api/v1/deposits"), {
    method: "POST",
    headers: { "idempotency-key": randomUUID() },
    body: JSON.stringify({ amount, currency: "USD" }),
  });
  assert.equal(credited.status, 201);
  system.child.kill("SIGKILL");
  await system.ended;
  system = launch(place.env);
  await system.says(READY, 60_000);
  assert.match(system.output(), /Stopped the PostgreSQL that a killed run left behind/);
  assert.ok((await deposits()).includes(amount));
});

test("Ctrl-C leaves no process and no listening port", async () => {
  const children = childrenOf(system);
  assert.ok(children.length >= 12, `only ${children.length} processes were found`);
  system.child.kill("SIGINT");
  assert.equal(await system.ended, 0, system.output());
  assert.deepEqual(stillAlive(children), []);
  assert.deepEqual(await takenPorts(place.ports), []);
});

test("--reset begins anew, and --quiet-market starts no participants", async () => {
  system = launch(place.env, ["--reset", "--quiet-market"]);
  await system.says(READY);
  assert.deepEqual(await deposits(), ["1000000.00"]);
  assert.equal(
    childrenOf(system).some(({ command }) => command.includes("simulator")),
    false,
  );
});

test("a start with a bad variable names it, and starts, stops and deletes nothing", async () => {
  const home = `${place.home}-refused`;
  const kept = join(home, "logs", "kept.log");
  await mkdir(dirname(kept), { recursive: true });
  await writeFile(kept, "");
  for (const [name, value, message] of [
    ["BACKLOG_MAX", "abc", /BACKLOG_MAX must be a whole number from 1 to 1000000\.\n$/],
    ["JWT_ALGORITHM", "RS256", /JWT_ALGORITHM must be HS256 or EdDSA\.\n$/],
  ] as const) {
    const refused = launch({ ...place.env, BROKERX_HOME: home, [name]: value }, ["--reset"]);
    assert.equal(await refused.ended, 1, name);
    assert.match(refused.output(), /^The configuration is not usable\. [^\n]*\n$/);
    assert.match(refused.output(), message);
  }
  await stat(kept);
  await rm(home, { recursive: true, force: true });
});

test("a start that is not possible fails with a single message", async () => {
  const unwritable = launch({ ...place.env, BROKERX_HOME: "/dev/null/brokerx" });
  assert.equal(await unwritable.ended, 1);
  assert.match(unwritable.output(), /^BrokerX keeps its data in .* and cannot write there\./);

  for (const [option, message] of [
    ["--rest", /^Unknown option '--rest'\. The options are:\n\nnpm start /],
    ["rest", /^Unexpected argument 'rest'\. The options are:/],
    ["--market=wild", /^--market must be calm, busy, off, or a .* 1 to 100\. It is wild\.\n$/],
    ["--market=101", /^--market must be calm, busy, off, or a .* 1 to 100\. It is 101\.\n$/],
    ["--seed=x", /^--seed must be a whole number from 0 to 999999999\. It is x\.\n$/],
    ["--matchers=3", /^--matchers must be 1 or 2\. It is 3\.\n$/],
  ] as const) {
    const refused = launch(place.env, [option]);
    assert.equal(await refused.ended, 1, option);
    assert.match(refused.output(), message);
  }

  const pretend = 'Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })';
  const old = launch(
    place.env,
    [],
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`],
  );
  assert.equal(await old.ended, 1);
  assert.match(old.output(), /^BrokerX runs on Node 24; this is Node 20\.1\.0/);
});
