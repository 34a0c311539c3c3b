import { randomUUID } from "node:crypto";
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { gatewayUnderTest } from "../../support/gateway.ts";

// The gateway under test and the requests of its suite.

export const gateway = await gatewayUnderTest();
export const KEY = { apikey: gateway.apikey };
export const CLIENT = { ...KEY, authorization: `Bearer ${gateway.token}` };

export const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers: CLIENT, ...init });

export const post = (path: string, body: string, headers: Record<string, string> = CLIENT) =>
  ask(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

/** Posts to a route with a low limit, and waits when an earlier run has used the limit up. */
export const postPatiently = async (
  path: string,
  body: string,
  headers: Record<string, string>,
) => {
  let response = await post(path, body, headers);
  for (let attempt = 0; response.status === 429 && attempt < 3; attempt += 1) {
    await delay(Number(response.headers.get("retry-after")) * 1_000);
    response = await post(path, body, headers);
  }
  return response;
};

/** An order far from the market that ends immediately, so that the suite leaves no open orders. */
export const passing = (): string =>
  JSON.stringify({
    order: {
      ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: 95.0 },
      ...{ time_in_force: "IOC", client_order_id: `gateway-${randomUUID()}` },
    },
  });

/** Requests a path that `fetch` would change. */
export const rawStatus = (path: string): Promise<{ readonly status: number }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    get({ hostname, port, path, headers: CLIENT, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    }).once("error", reject);
  });

export const seriesOf = async (pattern: RegExp): Promise<number> => {
  const text = await (await fetch(`${gateway.statusUrl}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => pattern.test(line))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
};

/** How many instances of orders the gateway considers healthy. */
export const healthyTargets = (): Promise<number> =>
  seriesOf(/^kong_upstream_target_health\{(?=.*state="healthy")(?=.*upstream="orders")/);
