import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { glob, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../../layers/testing/until.ts";
import {
  assertStatuses,
  blocksOf,
  onPortsOf,
  ROOT,
  readPage,
  runPage,
} from "../support/doc-page.ts";
import { findPlace, type Launched, launch } from "../support/launcher.ts";
import { mailedCode } from "../support/login-code.ts";

// Runs every shell command that a page of docs/ shows as it is written, page by page, against a
// laptop system. The variables of the pages are set before; curl also prints the status.

const place = await findPlace();
const folder = await mkdtemp(join(tmpdir(), "brokerx-docs-"));
let system: Launched;
let shown: Readonly<Record<string, string>> = {};

/**
 * The expected statuses of a page's curl commands, in order; the commands of a page that is not
 * listed answer 2xx. The page about orders replaces an order that it has cancelled before; the page
 * about authentication ends with the code of a step-up, and the code that is set here was used for
 * the login.
 */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  "authentication.md": [200, 200, 200, 204, 202, 401, 200],
  "orders.md": [201, 200, 422],
  "problems.md": [422],
};

/** Pages whose commands need something that a test system lacks, and where they are run instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "compose.md": "needs Docker; test/system/compose.test.ts runs the parts",
  "matcher.md": "starts a second system; test/resilience runs two matchers",
  "observability.md": "needs Prometheus; test/system/observability.test.ts runs it",
  "operating/backup.md": "needs pg_dump; test/system/backup.test.ts runs them",
  "web.md": "a development server that does not end; test/page builds the page",
};

/** What the commands of a page must have printed. */
const SHOWS: Readonly<Record<string, readonly RegExp[]>> = {
  "teaching/follow-an-order.md": [
    /order_placed/,
    /\{"type":"place","orderId":/,
    /\d+\.\d{3} {2}\{"symbol":"AAPL","seq":\d+\}/,
    /release +USD/,
    /order +new/,
    /queue_messages_ignored_total\{reason="unknown_seq"\} [1-9]/,
  ],
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

/** The first step of a login, and the code for the second step. */
const halfLogin = async () => {
  const { challenge_id = "" } = await call(place.ports.identity, "/auth/login", DEMO);
  return { challenge_id, code: await mailedCode(place) };
};

const login = async () => call(place.ports.identity, "/auth/verify_mfa", await halfLogin());

/** The variables of the pages. One session is for the page that logs out of it. */
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

/** This page delists the instrument that the other pages trade. */
const LAST = "operations.md";
/** Folders whose commands other tests run, or that have none. */
const NOT_HERE = /^(decisions|tutorials|examples)\//;
const pages = (await Array.fromAsync(glob("**/*.md", { cwd: join(ROOT, "docs") })))
  .filter((page) => !NOT_HERE.test(page))
  .sort()
  .sort((left, right) => Number(left === LAST) - Number(right === LAST));

for (const page of pages)
  test(`the commands of docs/${page} have the documented result`, async (context) => {
    const reason = ELSEWHERE[page];
    if (reason !== undefined) return context.diagnostic(`not run here: ${reason}`);
    const text = await readPage(page);
    if (!blocksOf(text).some(({ language }) => language === "sh")) return;
    const run = await runPage(text, { place, folder, variables: shown });
    assertStatuses(run, STATUSES[page]);
    for (const pattern of SHOWS[page] ?? []) assert.match(run.output, pattern);
  });

/** What the stock client needs of a browser, and the variable that its example assumes. */
const BROWSER = `
  import { adapters } from "@rails/actioncable";
  Object.assign(globalThis, { token: process.env.TOKEN, addEventListener() {}, removeEventListener() {} });
  adapters.WebSocket = WebSocket;
`;

/** Runs an example of docs/market-feed.md, which does not end, until it has printed all of this. */
const printsUntil = async (file: string, patterns: readonly RegExp[]): Promise<void> => {
  await writeFile(join(folder, "browser.mjs"), BROWSER);
  const program = spawn(process.execPath, ["--import", join(folder, "browser.mjs"), file], {
    ...{ cwd: folder, env: { ...place.env, TOKEN: shown["TOKEN"] } },
  });
  const closed = new Promise((resolve) => program.once("close", resolve));
  let output = "";
  for (const stream of [program.stdout, program.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  try {
    const hasAll = () => patterns.every((pattern) => pattern.test(output));
    await until(() => hasAll() || program.exitCode !== null, `the frames of ${file}`);
    assert.ok(hasAll(), output);
  } finally {
    program.kill();
    await closed;
  }
};

test("the examples of docs/market-feed.md print the messages that the page lists", async () => {
  const text = await readPage("market-feed.md");
  for (const { file, text: example } of blocksOf(text))
    if (file !== undefined) await writeFile(join(folder, file), onPortsOf(place, example));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const frames = ["welcome", "confirm_subscription", "quote", "orderbook", "ping"];
  await printsUntil(
    "feed.mjs",
    frames.map((type) => new RegExp(`"type":"${type}"`)),
  );
  await printsUntil("stock.mjs", [/type: 'quote'/, /type: 'orderbook'/]);
});

test("every page that another test runs exists", () => {
  for (const page of Object.keys(ELSEWHERE)) assert.ok(pages.includes(page), page);
});
