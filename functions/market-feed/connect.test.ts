import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "../../layers/platform/logger.ts";
import { type Claims, createTokens } from "../../layers/platform/tokens.ts";
import { connect } from "./connect.ts";
import type { SocketEvent } from "./socket-event.ts";

const CLIENT = "01900000-0000-7000-8000-000000000001";
const now = new Date("2026-11-02T12:00:00Z");
const tokens = createTokens({
  keys: [{ kid: "k", secret: "a secret of the test suite, long enough to sign" }],
  ttlSeconds: 60,
  clock: () => now,
});
const good = await tokens.sign({ clientId: CLIENT, roles: [], tokenId: "t", sessionId: "s" });

const attempt = async (
  event: Pick<SocketEvent, "multiValueHeaders" | "multiValueQueryStringParameters">,
  origins: readonly string[] = [],
) => {
  const admitted = new Map<string, Claims>();
  const handler = connect({
    tokens,
    origins,
    logger: createLogger({ service: "test", level: "silent" }),
    admit: (id, claims) => admitted.set(id, claims),
  });
  const requestContext = {
    eventType: "CONNECT",
    routeKey: "$connect",
    connectionId: "id",
  } as const;
  return { answer: await handler({ requestContext, ...event }), admitted };
};

test("whom the token speaks for, and until when, is kept under the connection's id", async () => {
  const { answer, admitted } = await attempt({
    multiValueQueryStringParameters: { token: [good] },
  });
  assert.deepEqual(answer, { statusCode: 200 });
  assert.equal(admitted.get("id")?.clientId, CLIENT);
  assert.equal(admitted.get("id")?.expiresAt.getTime(), now.getTime() + 60_000);
});

test("API Gateway's spelling of headers is understood, and the sub-protocol is answered to it", async () => {
  const { answer } = await attempt({
    multiValueHeaders: {
      Authorization: [`Bearer ${good}`],
      "Sec-WebSocket-Protocol": ["actioncable-v1-json, actioncable-unsupported"],
    },
    multiValueQueryStringParameters: null,
  });
  assert.deepEqual(answer, {
    statusCode: 200,
    headers: { "Sec-WebSocket-Protocol": "actioncable-v1-json" },
  });
});

test("nobody is admitted without a good token, from a foreign page, or with another protocol", async () => {
  const query = { multiValueQueryStringParameters: { token: [good] } };
  const refused = [
    [401, await attempt({})],
    [401, await attempt({ multiValueQueryStringParameters: { token: [good, good] } })],
    [401, await attempt({ multiValueHeaders: { authorization: [`Basic ${good}`] } })],
    [403, await attempt({ ...query, multiValueHeaders: { origin: ["null"] } }, ["https://a.b"])],
    [400, await attempt({ ...query, multiValueHeaders: { "sec-websocket-protocol": ["x"] } })],
  ] as const;
  for (const [status, { answer, admitted }] of refused) {
    assert.equal(answer.statusCode, status);
    assert.equal(admitted.size, 0);
  }
});
