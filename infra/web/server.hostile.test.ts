import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  MALFORMED_REQUESTS,
  resetInEveryState,
  sendAndEnd,
} from "../../layers/testing/hostile-client.ts";
import { startWebServer } from "./server.ts";

// Malicious or broken clients of the server of the web page. An uncaught exception would end this test process, as
// it would end the server.

const root = await mkdtemp(join(tmpdir(), "brokerx-web-hostile-"));
await writeFile(join(root, "index.html"), "<!doctype html><title>BrokerX</title>");
const server = await startWebServer({ root, port: 0 });
after(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const assertAlive = async (): Promise<void> => {
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 200);
};

for (const [name, bytes] of Object.entries(MALFORMED_REQUESTS))
  test(`${name} does not end the server of the web page`, async () => {
    assert.doesNotMatch(await sendAndEnd(server.port, bytes), /^HTTP\/1\.1 500/);
    await assertAlive();
  });

test("clients that reset the connection at any moment affect no other client", async () => {
  const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
  let resets = 0;
  for (const request of [get, upgrade, post])
    resets += await resetInEveryState(server.port, request);
  assert.equal(resets, 30);
  await assertAlive();
});
