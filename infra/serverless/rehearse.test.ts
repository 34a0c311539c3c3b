import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { isRehearsal, isRehearsing } from "../../layers/platform/rehearsal.ts";
import { prepareRehearsal } from "./rehearse.ts";

Object.assign(process.env, {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
  JWT_KEYS: `test=${"a".repeat(32)}`,
  MAIL_SECRET: "b".repeat(32),
});

const listen = async (t: TestContext, answer: RequestListener): Promise<number> => {
  const server = createServer(answer).listen(0, "127.0.0.1");
  t.after(() => server.close().closeAllConnections());
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
};

test("a service rehearses from before it listens until it has asked itself enough", async (t) => {
  const asked = new Map<string, number>();
  const port = await listen(t, (request, response) => {
    assert.equal(isRehearsing(), true);
    assert.equal(isRehearsal(String(request.headers["x-correlation-id"])), true);
    const line = `${request.method} ${request.url}`;
    asked.set(line, (asked.get(line) ?? 0) + 1);
    response.writeHead(422).end();
  });
  const rehearse = prepareRehearsal("portfolios");
  assert.equal(isRehearsing(), true, "before it listens");
  await rehearse(port);
  assert.equal(isRehearsing(), false);
  assert.deepEqual([...asked.keys()], ["GET /api/v1/portfolio", "POST /api/v1/deposits"]);
  for (const [line, times] of asked) assert.ok(times >= 300, `${line}: ${times}`);
});

test("a rehearsal that is broken off is over all the same", async (t) => {
  const port = await listen(t, (request) => request.destroy());
  const rehearse = prepareRehearsal("orders");
  await assert.rejects(rehearse(port), { code: "ECONNRESET" });
  assert.equal(isRehearsing(), false);
});

test("a service that answers nothing does not rehearse for ever", async (t) => {
  const port = await listen(t, () => {});
  const rehearse = prepareRehearsal("orders", 50);
  await assert.rejects(rehearse(port), { name: "AbortError" });
  assert.equal(isRehearsing(), false);
});

test("a service that is never asked much has nothing to rehearse", async () => {
  await prepareRehearsal("identity")(1);
  assert.equal(isRehearsing(), false);
});
