import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { unauthorized } from "../../../layers/http/problem.ts";
import { testLogger } from "../../../layers/testing/logger.ts";
import { type ConnectionOwner, connect, TooManyConnections } from "./connect.ts";
import type { SocketEvent } from "./socket-event.ts";

const expiresAt = new Date("2026-11-02T15:00:00Z");
const GOOD = "aaaa.bbbb.cccc";
const OTHER = "dddd.eeee.ffff";
const KEY = "brx_id_secret";
const credential = { kind: "session", id: "s-1" } as const;

type Asked = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, readonly string[]>> | null;
};

/** A connect handler that knows two tokens and one ticket. */
const feed = (more: Partial<Parameters<typeof connect>[0]> = {}) => {
  const admitted: (ConnectionOwner & { readonly id: string })[] = [];
  const redeemed: string[] = [];
  const addresses: string[] = [];
  const logger = testLogger();
  const handler = connect({
    authenticate: async (bearer, address) => {
      if (bearer !== GOOD && bearer !== OTHER && bearer !== KEY) throw unauthorized("not valid");
      addresses.push(address);
      return {
        client: (bearer === OTHER ? "of-the-query" : "of-the-header") as ClientId,
        roles: [],
        tokenExpiresAt: expiresAt,
        authTime: expiresAt,
        credential,
        scopes: bearer === KEY ? ["trade"] : "all",
      };
    },
    redeem: async (ticket) => {
      redeemed.push(ticket);
      return ticket === "good"
        ? { clientId: "of-the-ticket" as ClientId, credential, expiresAt }
        : undefined;
    },
    origins: [],
    logger,
    admit: (id, owner) => {
      admitted.push({ id, ...owner });
    },
    ...more,
  });
  const ask = ({ headers = {}, query = null }: Asked) =>
    handler({
      requestContext: { eventType: "CONNECT", routeKey: "$connect", connectionId: "c-1" },
      multiValueHeaders: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, [value]]),
      ),
      multiValueQueryStringParameters: query,
    } satisfies SocketEvent);
  return { admitted, redeemed, addresses, logger, ask };
};

test("a token in the header is used instead of the query, in any case of the header name", async () => {
  for (const name of ["authorization", "Authorization", "AUTHORIZATION"]) {
    const { ask, admitted, redeemed } = feed();
    const query = { token: [OTHER], ticket: ["good"] };
    const response = await ask({ headers: { [name]: `Bearer ${GOOD}` }, query });
    assert.equal(response.statusCode, 200);
    assert.deepEqual(
      admitted.map(({ id, clientId }) => [id, clientId]),
      [["c-1", "of-the-header"]],
    );
    assert.deepEqual(redeemed, [], "a ticket that is not needed is not used up");
  }
});

test("the connection of a ticket ends with the token that the ticket was issued for", async () => {
  const { ask, admitted } = feed();
  assert.equal((await ask({ query: { ticket: ["good"] } })).statusCode, 200);
  assert.deepEqual(
    admitted.map((owner) => [owner.clientId, owner.expiresAt]),
    [["of-the-ticket", expiresAt]],
  );
});

test("no credential, an invalid one, or two in the query are refused with 401", async () => {
  const { ask, admitted, redeemed } = feed();
  const asked: readonly Asked[] = [
    {},
    { query: {} },
    { query: { token: [] } },
    { query: { token: [""] } },
    { query: { token: ["bad"] } },
    { query: { token: [OTHER, OTHER] } },
    { query: { token: [OTHER], ticket: ["good"] } },
    { query: { ticket: ["good", "good"] } },
    { query: { ticket: ["bad"] } },
    { query: { ticket: [""] } },
    { headers: { authorization: "Bearer x.y.z" } },
    { headers: { authorization: GOOD } },
    { headers: { authorization: `Basic ${GOOD}` } },
  ];
  for (const request of asked)
    assert.equal((await ask(request)).statusCode, 401, JSON.stringify(request));
  assert.deepEqual(admitted, []);
  assert.ok(!redeemed.includes("good"), "a ticket sent with another credential was used up");
});

test("the sub-protocol is chosen from the offer; an offer without a known one is refused", async () => {
  const cases: readonly (readonly [string | undefined, number, string | undefined, string])[] = [
    [undefined, 200, undefined, "actioncable-v1-json"],
    ["actioncable-v1-json", 200, "actioncable-v1-json", "actioncable-v1-json"],
    ["x, actioncable-v1-ext-json", 200, "actioncable-v1-ext-json", "actioncable-v1-ext-json"],
    [
      "actioncable-v1-ext-json,actioncable-v1-json",
      ...([200, "actioncable-v1-ext-json", "actioncable-v1-ext-json"] as const),
    ],
    ["graphql-ws", 400, undefined, ""],
    [" , ", 200, undefined, "actioncable-v1-json"],
  ];
  for (const [offered, status, answered, spoken] of cases) {
    const { ask, admitted } = feed();
    const offer = offered === undefined ? {} : { "Sec-WebSocket-Protocol": offered };
    const headers = { ...offer, authorization: `Bearer ${GOOD}` };
    const response = await ask({ headers });
    assert.equal(response.statusCode, status, offered);
    assert.equal(response.headers?.["Sec-WebSocket-Protocol"], answered);
    assert.deepEqual(
      admitted.map(({ protocol }) => protocol),
      status === 200 ? [spoken] : [],
    );
  }
});

test("with a list of origins, a page of another origin is refused before its ticket is used up", async () => {
  const { ask, redeemed } = feed({ origins: ["https://app.example"] });
  const query = { ticket: ["good"] };
  for (const origin of ["https://evil.example", "null", "https://app.example.evil", ""])
    assert.equal((await ask({ headers: { Origin: origin }, query })).statusCode, 403, origin);
  assert.deepEqual(redeemed, []);
  assert.equal((await ask({ query })).statusCode, 200, "a program sends no origin");
  const own = { headers: { Origin: "https://app.example" }, query };
  assert.equal((await ask(own)).statusCode, 200);
});

test("when tickets or connections cannot be stored the handshake is refused with 503", async () => {
  const away = () => Promise.reject(new Error("the database is away"));
  const ticket = feed({ redeem: away });
  assert.equal((await ticket.ask({ query: { ticket: ["good"] } })).statusCode, 503);
  const keeping = feed({ admit: away });
  const headers = { authorization: `Bearer ${GOOD}` };
  assert.equal((await keeping.ask({ headers })).statusCode, 503);
  for (const { logger, admitted } of [ticket, keeping]) {
    assert.equal(logger.lines.length, 1);
    assert.doesNotMatch(JSON.stringify(logger.lines), /aaaa\.bbbb|"good"/);
    assert.deepEqual(admitted, []);
  }
});

test("a client with too many connections is refused with 429, and that is no error of the server", async () => {
  const full = feed({ admit: () => Promise.reject(new TooManyConnections()) });
  const headers = { authorization: `Bearer ${GOOD}` };
  assert.equal((await full.ask({ headers })).statusCode, 429);
  assert.deepEqual(full.logger.lines, []);
});

test("an API key needs the scope read, and its allowed networks are checked against the client's address", async () => {
  const { ask, addresses, admitted } = feed();
  const headers = { authorization: `Bearer ${KEY}`, "x-forwarded-for": "203.0.113.7" };
  const result = await ask({ headers });
  assert.equal(result.statusCode, 403);
  assert.equal(JSON.parse(result.body ?? "").code, "scope_required");
  assert.deepEqual([addresses, admitted], [["203.0.113.7"], []]);
});
