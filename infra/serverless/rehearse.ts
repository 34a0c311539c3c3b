import { Agent, type IncomingMessage, request } from "node:http";
import { loadConfig } from "../../layers/platform/config.ts";
import { beginRehearsal, endRehearsal } from "../../layers/platform/rehearsal.ts";
import { createTokens } from "../../layers/platform/tokens.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
/** Code is compiled well after some hundred calls. */
const ROUNDS = 100;
/** Some at once, as clients come, so that more than one connection is there. */
const AT_ONCE = 3;
/** A system that cannot answer at all must not keep its services from saying so. */
const OVER_AFTER_MS = 10_000;

type Line = { readonly method: string; readonly path: string; readonly body?: string };

/** What a service is asked most; for somebody without an account none of it changes anything. */
const LINES: Readonly<Record<string, readonly Line[]>> = {
  orders: [
    {
      method: "POST",
      path: "/api/v1/orders",
      body: '{"order":{"symbol":"AAPL","order_type":"limit","direction":"buy","quantity":1,"price":1.5,"client_order_id":"rehearsal"}}',
    },
  ],
  portfolios: [
    { method: "GET", path: "/api/v1/portfolio" },
    { method: "POST", path: "/api/v1/deposits", body: '{"amount":1.5,"currency":"USD"}' },
  ],
};

/**
 * Before a service listens: from now on it rehearses and is not healthy. What this answers makes it ask
 * itself, on the port it listens to, what it will be asked, until its code is compiled. Nobody has no
 * account, so that every refusal comes before anything is written. What goes wrong goes wrong for nobody.
 */
export const prepareRehearsal = (
  service: string,
  overAfterMs = OVER_AFTER_MS,
): ((port: number) => Promise<void>) => {
  const lines = LINES[service];
  if (lines === undefined) return () => Promise.resolve();
  const correlationId = beginRehearsal();
  return async (port) => {
    const agent = new Agent({ keepAlive: true });
    const signal = AbortSignal.timeout(overAfterMs);
    try {
      const headers = { ...(await headersOfNobody()), "x-correlation-id": correlationId };
      const play = async (): Promise<void> => {
        for (let round = 0; round < ROUNDS; round += 1)
          for (const line of lines) await ask({ ...line, headers, agent, port, signal });
      };
      await Promise.all(Array.from({ length: AT_ONCE }, play));
    } finally {
      endRehearsal();
      agent.destroy();
    }
  };
};

const headersOfNobody = async (): Promise<Readonly<Record<string, string>>> => {
  const { jwtKeys: keys, jwtTtlSeconds: ttlSeconds } = loadConfig();
  const { sign } = createTokens({ keys, ttlSeconds, clock: () => new Date() });
  const who = { clientId: NOBODY, roles: [], tokenId: "rehearsal", sessionId: "rehearsal" };
  return {
    authorization: `Bearer ${await sign(who)}`,
    "content-type": "application/json",
    "idempotency-key": "rehearsal",
  };
};

const ask = ({
  body,
  ...options
}: Line & {
  readonly port: number;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", ...options }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer));
    });
    asked.once("error", reject);
    asked.end(body);
  });
