import { runtime } from "../../layers/runtime.ts";
import { serveMarketFeed } from "./serve.ts";

// The market feed's process. SIGTERM and Ctrl-C say goodbye to every client, then end it.

const STOP_MS = 5_000;
const { logger, database, queue } = runtime;
const feed = await serveMarketFeed(runtime);
logger.info({ port: feed.port }, "the market feed listens");

const stop = async (): Promise<void> => {
  setTimeout(() => process.exit(1), STOP_MS).unref(); // whatever hangs, the process ends
  await feed.stop();
  await database.end();
  queue.close();
  logger.info({}, "the market feed has stopped");
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
