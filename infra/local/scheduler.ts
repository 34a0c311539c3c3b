import { setTimeout as delay } from "node:timers/promises";
import { handler as expireOrders } from "../../functions/expire-orders/handler.ts";
import { handler as sealAudit } from "../../functions/seal-audit/handler.ts";
import { createLogger } from "../../layers/platform/logger.ts";

// Runs the scheduled functions on a laptop and in Compose, where the cloud has its own schedule.

const logger = createLogger({ service: "scheduler", level: process.env["LOG_LEVEL"] ?? "info" });
const stopping = new AbortController();
const { signal } = stopping;
process.on("SIGTERM", () => stopping.abort());
process.on("SIGINT", () => stopping.abort());

const LONGEST_PAUSE_MS = 5_000;

/** Runs a function again and again. One that fails is said once, and tried less and less often. */
const keepRunning = async (
  name: string,
  pauseMs: number,
  work: () => Promise<unknown>,
): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    const error = await work().then(
      () => undefined,
      (fault: unknown) => fault,
    );
    if (error === undefined && failures > 0) logger.info({ name }, "works again");
    if (error !== undefined && failures === 0) logger.warn({ name, err: error }, "does not work");
    failures = error === undefined ? 0 : failures + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, pauseMs * 2 ** Math.min(failures, 5));
    await delay(pause, undefined, { signal }).catch(() => {});
  }
};

logger.info({}, "scheduler started");
await Promise.all([
  keepRunning("expire-orders", 1_000, expireOrders),
  keepRunning("seal-audit", 1_000, sealAudit),
]);
logger.info({}, "scheduler stopped");
process.exit(0);
