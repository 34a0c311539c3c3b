import assert from "node:assert/strict";
import { test } from "node:test";
import { getHealth } from "./get-health.ts";

const fine = async (): Promise<void> => {};
const broken = (): Promise<void> => Promise.reject(new Error("out"));

test("an instance is healthy when every dependency answers; otherwise the failing one is named", async () => {
  assert.deepEqual(await getHealth("orders-a", { database: fine, queue: fine }), {
    status: 200,
    body: { status: "ok", instance: "orders-a", checks: { database: "ok", queue: "ok" } },
  });
  assert.deepEqual(await getHealth("orders-a", { database: fine, queue: broken }), {
    status: 503,
    body: {
      status: "unavailable",
      instance: "orders-a",
      checks: { database: "ok", queue: "failed" },
    },
  });
});
