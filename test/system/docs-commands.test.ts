import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../../layers/testing/until.ts";
import { findPlace, type Launched, launch } from "../support/launcher.ts";

// Every shell command that a page of docs/ shows, run as it is written against a laptop system, page
// by page. The variables that the pages speak of are set before; curl also prints the status.

const ROOT = join(import.meta.dirname, "..", "..");
const place = await findPlace();
const folder = await mkdtemp(join(tmpdir(), "brokerx-docs-"));
let system: Launched;
let shown: Readonly<Record<string, string>> = {};

/**
 * The statuses of a page's curl commands, in order; a page that is not here answers 2xx only. The page
 * about orders replaces an order that it has cancelled before; the page about authentication ends with the
 * code of a step-up, and the code that is set here was used for the login.
 */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  "authentication.md": [200, 200, 200, 204, 202, 401],
  "orders.md": [201, 200, 422],
  "problems.md": [422],
};

/** Pages whose commands need what a test system has not, and where they are run instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "compose.md": "needs Docker; test/system/compose.test.ts runs the parts",
  "matcher.md": "starts a second system; test/resilience runs two matchers",
  "observability.md": "needs Prometheus; test/system/observability.test.ts runs it",
  "web.md": "a development server that does not end; test/page builds the page",
};

before(async () => {
  system = launch(place.env, ["--quiet-market"]);
  await system.says(/BrokerX is ready in/, 120_000);
  shown = await variables();
});
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(folder, { recursive: true, force: true });
  await rm(place.home, { recursive: true, force: true });
});

const blocksOf = (page: string): readonly string[] =>
  [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);

/** The commands as they are shown, on the ports of this system. */
const onOurPorts = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${Number(port) + place.offset}`);

const call = async (port: number, path: string, body: object, token?: string) => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return (await response.json()) as Record<string, string>;
};

const DEMO = { email: "demo@brokerx.local", password: "correct horse battery" };

const usedCodes = new Set<string>();

/** Waits for a login code that was mailed to the demo client and not used yet. */
const mailedCode = async (): Promise<string> => {
  let code: string | undefined;
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${place.ports.mail}/api/messages`);
    const mails = (await response.json()) as readonly { recipient: string; text: string }[];
    code = mails
      .filter(({ recipient }) => recipient === DEMO.email)
      .map(({ text }) => /code is ([0-9]{6})/.exec(text)?.[1])
      .find((found) => found !== undefined && !usedCodes.has(found));
    return code !== undefined;
  }, "a mailed code");
  usedCodes.add(code ?? "");
  return code ?? "";
};

/** The first step of a login, and the code that the second one needs. */
const halfLogin = async () => {
  const { challenge_id = "" } = await call(place.ports.identity, "/auth/login", DEMO);
  return { challenge_id, code: await mailedCode() };
};

const login = async () => call(place.ports.identity, "/auth/verify_mfa", await halfLogin());

/** What the pages call their variables. One session is for the page that logs out of it. */
const variables = async (): Promise<Readonly<Record<string, string>>> => {
  const { identity } = place.ports;
  const { token = "" } = await login();
  const { refresh_token: refresh = "" } = await login();
  const waiting = await halfLogin();
  const created = await call(
    identity,
    "/api_keys",
    { name: "docs", scopes: ["read", "trade"] },
    token,
  );
  const key = created["api_key"] as unknown as { readonly key: string };
  const placed = await call(
    place.ports["orders-a"],
    "/orders",
    { order: { symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "91" } },
    token,
  );
  return {
    ...{ TOKEN: token, REFRESH: refresh, KEY: key.key, ORDER: String(placed["order_id"]) },
    ...{ CHALLENGE: waiting.challenge_id, CODE: waiting.code },
    CLIENT: "00000000-0000-7000-8000-000000000101",
  };
};

const PRELUDE = `
curl() { command curl -w '\\n#status %{http_code}\\n' "$@"; }
npm() { (cd "$ROOT" && command npm "$@"); }
`;

const runShell = async (script: string, env: Readonly<Record<string, string>>) => {
  const shell = spawn("bash", ["-euo", "pipefail"], {
    ...{ cwd: folder, stdio: "pipe" },
    env: { ...place.env, ...env, ROOT },
  });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  shell.stdin.end(script);
  const code = await new Promise((resolve) => shell.once("close", resolve));
  return { code, output };
};

/** This page delists the instrument that the others trade. */
const LAST = "operations.md";
const pages = (await Array.fromAsync(glob("*.md", { cwd: join(ROOT, "docs") })))
  .sort()
  .sort((left, right) => Number(left === LAST) - Number(right === LAST));

for (const page of pages)
  test(`the commands of docs/${page} do what the page says`, async (context) => {
    const text = await readFile(join(ROOT, "docs", page), "utf8");
    const blocks = blocksOf(text);
    const reason = ELSEWHERE[page];
    if (reason !== undefined) return context.diagnostic(`not run here: ${reason}`);
    if (blocks.length === 0) return;
    const script = PRELUDE + onOurPorts(blocks.join("\n"));
    const { code, output } = await runShell(script, shown);
    assert.equal(code, 0, output);
    const statuses = [...output.matchAll(/^#status (\d+)$/gm)].map(([, status]) => Number(status));
    const expected = STATUSES[page];
    if (expected !== undefined) assert.deepEqual(statuses, expected, output);
    else
      assert.ok(
        statuses.every((status) => status >= 200 && status < 300),
        output,
      );
  });

test("pages that are run elsewhere exist", () => {
  for (const page of Object.keys(ELSEWHERE)) assert.ok(pages.includes(page), page);
});
