import { flushTraces } from "../../../layers/platform/tracing.ts";
import { runtime } from "../../../layers/runtime.ts";
import { serveFanOut } from "./fan-out.ts";
import { openManagementApi } from "./management-api.ts";

// The market feed's process in the cloud: the sockets are API Gateway's, their handlers functions of
// Lambda, and this tells their clients of the market.

const STOP_MS = 5_000;
const { config, database, logger, queue } = runtime;
const url = config.feedConnectionsUrl;
if (url === undefined)
  throw new Error("FEED_CONNECTIONS_URL names the WebSocket API to speak through.");
const api = openManagementApi({ url, region: config.awsRegion });
const fanOut = await serveFanOut({ ...runtime, api, name: runtime.newId() });
logger.info({ port: fanOut.port }, "the market feed speaks to connections");

const stop = async (): Promise<void> => {
  setTimeout(() => process.exit(1), STOP_MS).unref(); // whatever hangs, the process ends
  await fanOut.stop();
  await flushTraces();
  api.close();
  await database.end();
  queue.close();
  logger.info({}, "the market feed has stopped");
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
