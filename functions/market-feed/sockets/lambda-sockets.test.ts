import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { lambdaSockets } from "./lambda-sockets.ts";
import type { SocketEvent } from "./socket-event.ts";

const events: SocketEvent[] = [];
const record = async (event: SocketEvent) => {
  events.push(event);
  return { statusCode: event.multiValueQueryStringParameters?.["token"] === undefined ? 401 : 200 };
};
const listeners = () => process.getActiveResourcesInfo().filter((name) => /serverwrap/i.test(name));
const environment = { ...process.env };
const sockets = lambdaSockets({ connect: record, message: record, disconnect: record });

test("the library's own server does not listen, and its settings do not stay in the environment", async () => {
  await turn();
  await turn();
  assert.deepEqual(listeners(), []);
  assert.deepEqual({ ...process.env }, environment);
});

test("handlers see a connection as API Gateway shows it", async () => {
  events.length = 0;
  const headers = { "sec-websocket-key": "id-1", "sec-websocket-protocol": "a, b" };
  assert.equal((await sockets.connect({ url: "/cable", headers })).statusCode, 401);
  assert.equal((await sockets.connect({ url: "/cable?token=x", headers })).statusCode, 200);
  const conversation = sockets.open({ url: "/cable?token=x", headers });
  await conversation.message('{"command":"subscribe","identifier":"i"}');
  await conversation.close();
  assert.deepEqual(
    events.map(({ requestContext: { eventType, routeKey, connectionId } }) => [
      ...[eventType, routeKey, connectionId],
    ]),
    [
      ["CONNECT", "$connect", "id-1"],
      ["CONNECT", "$connect", "id-1"],
      ["MESSAGE", "subscribe", "id-1"],
      ["DISCONNECT", "$disconnect", "id-1"],
    ],
  );
  assert.equal(events[2]?.body, '{"command":"subscribe","identifier":"i"}');
  assert.deepEqual(events[1]?.multiValueHeaders?.["sec-websocket-protocol"], ["a", " b"]);
});
