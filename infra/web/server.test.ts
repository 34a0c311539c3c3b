import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startWebServer } from "./server.ts";

const root = await mkdtemp(join(tmpdir(), "brokerx-web-"));
const server = await startWebServer({ root: join(root, "dist"), port: 0 });
after(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const ask = async (path: string, init: RequestInit = {}) => {
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
};

test("before the page is built, every path answers 404 and says so", async () => {
  for (const path of ["/", "/orders", "/index.html"]) {
    const { status, text } = await ask(path);
    assert.equal(status, 404, path);
    assert.match(text, /web\/dist has no index\.html/);
  }
});

test("the paths of the page return the page, a file's path returns the file, and other paths are not found", async () => {
  await mkdir(join(root, "dist/assets"), { recursive: true });
  await writeFile(join(root, "dist/index.html"), "<!doctype html><title>BrokerX</title>");
  await writeFile(join(root, "dist/assets/main-Ab1.js"), "export {};");
  await writeFile(join(root, "secret.txt"), "secret");
  for (const path of ["/", "/index.html", "/trade/BRK.B", "/verify?token=a.b", "/reset/"]) {
    const { status, headers, text } = await ask(path);
    assert.equal(status, 200, path);
    assert.match(text, /BrokerX/);
    assert.match(headers.get("content-type") ?? "", /^text\/html/);
    assert.equal(headers.get("cache-control"), "no-cache");
  }
  const script = await ask("/assets/main-Ab1.js");
  assert.equal(script.status, 200);
  assert.match(script.headers.get("cache-control") ?? "", /immutable/);
  assert.match(script.headers.get("content-type") ?? "", /javascript/);
  for (const path of [
    "/assets/gone.js",
    "/favicon.ico",
    "/..%2fsecret.txt",
    "/%5capi",
    "/api%5Cv1",
    "/.env",
  ]) {
    const { status, text } = await ask(path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(text, /BrokerX|^secret/, path);
  }
});

test("unknown API routes, and requests other than reads, get a problem", async () => {
  for (const [method, path] of [
    ["GET", "/api/v1/nothing"],
    ["GET", "/cable"],
    ["GET", "/docs"],
    ["GET", "/metrics"],
    ["POST", "/"],
    ["DELETE", "/orders"],
    ["POST", "/api/v9/orders"],
  ] as const) {
    const { status, headers, text } = await ask(path, {
      ...{ method, headers: { "x-correlation-id": "a-trader-s-own-id" } },
      ...(method === "POST" ? { body: "{}" } : {}),
    });
    assert.equal(status, 404, path);
    assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/, path);
    const { code, correlation_id } = JSON.parse(text);
    assert.deepEqual([code, correlation_id], ["not_found", "a-trader-s-own-id"]);
  }
});

test("every answer carries a strict content security policy", async () => {
  for (const path of ["/", "/assets/main-Ab1.js", "/gone.png", "/api/v1/nothing", "/%zz"]) {
    const { headers } = await ask(path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'self'/, path);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
  }
});

test("only a laptop's page shows demo accounts, and only their codes are read", async () => {
  const mails = [
    { recipient: "demo@x.test", text: "your code is 123456", received_at: "2026-01-02T00:00:00Z" },
    { recipient: "ann@x.test", text: "your code is 654321", received_at: "2026-01-02T00:00:00Z" },
  ];
  const catcher = createServer((_, response) => response.end(JSON.stringify(mails)));
  await new Promise<void>((resolve) => catcher.listen(0, "127.0.0.1", resolve));
  const address = catcher.address();
  const mail_url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const laptop = {
    clients: [{ name: "Demo", email: "demo@x.test" }],
    ...{ password: "p", mail_url, docs_url: "d" },
  };
  const page = await startWebServer({ root: join(root, "dist"), port: 0, laptop });
  const get = (path: string) => fetch(`http://127.0.0.1:${page.port}${path}`);
  try {
    assert.deepEqual(await (await get("/config.json")).json(), {
      api_key: "brokerx-key-123",
      laptop,
    });
    const since = "since=2026-01-01T00:00:00Z";
    const code = await get(`/laptop/login-code?email=demo@x.test&${since}`);
    assert.deepEqual(await code.json(), { code: "123456" });
    assert.equal((await get(`/laptop/login-code?email=ann@x.test&${since}`)).status, 404);
    const foreign = await fetch(
      `http://127.0.0.1:${page.port}/laptop/login-code?email=demo@x.test&${since}`,
      { headers: { "sec-fetch-site": "cross-site" } },
    );
    assert.equal(foreign.status, 404, "a page of another origin gets no code");
    const elsewhere = await ask(`/laptop/login-code?email=demo@x.test&${since}`);
    assert.ok(!elsewhere.text.includes("123456"));
  } finally {
    await page.close();
    catcher.close();
  }
});
