import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import { invoke, useEnvironment } from "../../layers/testing/http.ts";

const database = await testDatabase();
useEnvironment(database.url);
process.env["BROKERX_PORT_OFFSET"] = "1000";
const { handler, docsHandler, docsFileHandler } = await import("./handler.ts");

const get = { method: "GET" };
const getFile = (file: string) => invoke(docsFileHandler, { ...get, params: { file } });

test("the document names the gateway and the services at the ports of this system", async () => {
  const reply = await invoke(handler, get);
  assert.equal(reply.status, 200);
  assert.match(reply.text, /"http:\/\/127\.0\.0\.1:9080"/);
  assert.match(reply.text, /"http:\/\/127\.0\.0\.1:4101"/);
  assert.doesNotMatch(reply.text, /127\.0\.0\.1:(8080|31\d\d)/);
});

test("the page loads only its own files, and all of them exist", async () => {
  const page = await invoke(docsHandler, get);
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  const policy = page.headers["content-security-policy"] ?? "";
  assert.match(policy, /default-src 'none'; script-src 'self'; /);
  const named = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(
    ([, address = ""]) => address,
  );
  const files = named.filter((address) => !address.startsWith("data:"));
  assert.equal(files.length, 3);
  for (const address of files) {
    assert.match(address, /^\/docs\/[\w.-]+$/);
    const file = await getFile(address.slice("/docs/".length));
    assert.equal(file.status, 200, address);
    assert.match(file.headers["content-type"] ?? "", /^text\/(javascript|css)/, address);
  }
});

test("a name that is not a file of the page is not found", async () => {
  for (const file of ["nothing.js", "constructor", "..", "docs-page.ts"])
    assert.equal((await getFile(file)).status, 404, file);
});
