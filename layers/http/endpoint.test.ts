import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { systemClock } from "../platform/clock.ts";
import { newUuid } from "../platform/ids.ts";
import { createMetrics } from "../platform/metrics.ts";
import { invoke } from "../testing/http.ts";
import { testLogger } from "../testing/logger.ts";
import { contract } from "./contract.ts";
import { endpoint } from "./endpoint.ts";
import { unauthorized } from "./problem.ts";

const promise = contract({
  operationId: "readNothing",
  summary: "Reads nothing.",
  tag: "operations",
  method: "GET",
  path: "/nothing",
  access: "public",
  answers: { 200: { description: "Nothing.", schema: z.object({}) } },
  problems: [],
});

/** Calls the endpoint with a correlation id, and returns the lines that it logged. */
const logOf = async (use: () => Promise<{ readonly status: number }>) => {
  const logger = testLogger();
  const runtime = {
    ...{ config: { instance: "test" }, proxies: { has: () => false }, logger },
    ...{ metrics: createMetrics(), clock: systemClock, newId: newUuid },
    authenticate: () => assert.fail("a public route asks for no credential"),
  };
  await invoke(endpoint(runtime, promise, use), {
    method: "GET",
    headers: { "x-correlation-id": "find-me" },
  });
  return logger.lines.map(({ level, event, facts }) => {
    const { correlationId, status } = facts as { correlationId?: string; status?: number };
    return `${level}: ${event} ${correlationId}${status === undefined ? "" : ` ${status}`}`;
  });
};

test("every answer is logged for debugging, with its correlation id and status", async () => {
  assert.deepEqual(await logOf(async () => ({ status: 200 })), [
    "debug: request answered find-me 200",
  ]);
});

test("a failure and a refused credential are logged at their own levels too", async () => {
  const failing = async () => {
    throw new Error("broken");
  };
  assert.deepEqual(await logOf(failing), [
    "error: request failed find-me",
    "debug: request answered find-me 500",
  ]);
  const refusing = async () => {
    throw unauthorized("The token has expired.");
  };
  assert.deepEqual(await logOf(refusing), [
    "warn: request refused find-me",
    "debug: request answered find-me 401",
  ]);
});
