import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { loadConfig } from "../../layers/platform/config.ts";
import { beginRehearsal } from "../../layers/platform/rehearsal.ts";
import { createTokens } from "../../layers/platform/tokens.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const ROUNDS = 300;
/** Others start at the same time, and somebody may be asking already. */
const PAUSE_MS = 4;
const AT_ONCE = 2;

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
 * Asks a service what it will be asked, until its code is compiled and its connections have planned
 * their statements. What goes wrong here goes wrong for nobody.
 */
export const rehearse = async (service: string, port: number): Promise<void> => {
  const lines = LINES[service];
  if (lines === undefined) return;
  const headers = await headersOfNobody();
  const agent = new Agent({ keepAlive: true });
  const play = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS / AT_ONCE; round += 1)
      for (const line of lines) {
        await ask({ ...line, headers, agent, port });
        await delay(PAUSE_MS, undefined, { ref: false });
      }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, play));
  } finally {
    agent.destroy();
  }
};

const headersOfNobody = async (): Promise<Readonly<Record<string, string>>> => {
  const { jwtKeys: keys, jwtTtlSeconds: ttlSeconds } = loadConfig();
  const { sign } = createTokens({ keys, ttlSeconds, clock: () => new Date() });
  const who = { clientId: NOBODY, roles: [], tokenId: "rehearsal", sessionId: "rehearsal" };
  return {
    authorization: `Bearer ${await sign(who)}`,
    "content-type": "application/json",
    "idempotency-key": "rehearsal",
    "x-correlation-id": beginRehearsal(),
  };
};

const ask = ({
  body,
  ...options
}: Line & {
  readonly port: number;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", ...options }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer));
    });
    asked.once("error", reject);
    asked.end(body);
  });
