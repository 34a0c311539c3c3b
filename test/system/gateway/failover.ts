import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../../layers/testing/until.ts";
import { ask, gateway, healthyTargets, passing, post } from "./client.ts";

/** Kills orders-a under load and starts it again; no request may fail. */
export const failover = async (t: TestContext): Promise<void> => {
  const { killOrdersA, reviveOrdersA } = gateway;
  if (killOrdersA === undefined) {
    t.skip("GATEWAY_KILL does not say how to kill orders-a");
    return;
  }
  const tally = { running: true, askedAgain: 0, byInstance: new Map<string, number>() };
  const failures: string[] = [];
  const once = (order: string | undefined): Promise<Response> =>
    (order === undefined ? ask(LIST) : post("/api/v1/orders", order)).catch(
      (error: unknown) => new Response(String(error), { status: 599 }),
    );
  const trade = async (): Promise<void> => {
    for (let turn = 0; tally.running; turn += 1) {
      const order = turn % 2 === 0 ? passing() : undefined;
      let response = await once(order);
      // A service that is too busy says how long to wait; that is not a failure of the gateway.
      for (; isBusy(response); response = await once(order)) {
        tally.askedAgain += 1;
        await delay(Number(response.headers.get("retry-after")) * 1_000);
      }
      const instance = response.headers.get("x-instance") ?? "none";
      tally.byInstance.set(instance, (tally.byInstance.get(instance) ?? 0) + 1);
      const text = await response.text();
      if (!response.ok) failures.push(`${instance}: ${response.status} ${text}`);
    }
  };
  const load = Array.from({ length: 8 }, trade);
  const countOf = (name: string): number => tally.byInstance.get(name) ?? 0;
  await until(() => countOf("orders-a") > 50 && countOf("orders-b") > 50, "load on both", 60_000);

  killOrdersA();
  await until(async () => (await healthyTargets()) === 1, "the gateway sees it");
  const alone = countOf("orders-b");
  await until(() => countOf("orders-b") > alone + 100, "orders-b goes on alone", 60_000);

  reviveOrdersA();
  await until(async () => (await healthyTargets()) === 2, "orders-a is in service", 90_000);
  const back = performance.now();
  const [a, b] = [countOf("orders-a"), countOf("orders-b")];
  await until(
    () => {
      const [moreA, moreB] = [countOf("orders-a") - a, countOf("orders-b") - b];
      return moreA >= 20 && moreA / (moreA + moreB) > 0.3;
    },
    "orders-a has its share again",
    10_000,
  );
  const balancedMs = Math.round(performance.now() - back);
  tally.running = false;
  await Promise.all(load);
  t.diagnostic(`${[...tally.byInstance]}; balanced again after ${balancedMs} ms`);
  t.diagnostic(`${tally.askedAgain} asked again of a busy service`);
  assert.deepEqual(failures, []);
  const isOver = async (): Promise<boolean> =>
    !(await (await ask("/api/v1/orders?status=open&limit=500")).text()).includes('"gateway-');
  await until(isOver, "the suite leaves no open orders");
};

const isBusy = ({ status, headers }: Response): boolean =>
  status === 503 && headers.has("x-instance") && headers.has("retry-after");

const LIST = "/api/v1/orders?limit=1";
