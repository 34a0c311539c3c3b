import { stopOnSignal } from "../../../layers/platform/process.ts";
import { flushTraces } from "../../../layers/platform/tracing/tracing.ts";
import { runtime } from "../../../layers/runtime.ts";
import { openManagementApi } from "./management-api.ts";
import { serveWorker } from "./worker.ts";

// The market feed's process in the cloud. API Gateway holds the sockets and calls Lambda functions for
// what clients send; this process sends the market to the clients.

const { config, database, logger } = runtime;
const url = config.feedConnectionsUrl;
if (url === undefined)
  throw new Error("FEED_CONNECTIONS_URL must name the WebSocket API whose connections are served.");
const api = openManagementApi({ url, region: config.awsRegion });
const worker = await serveWorker({ ...runtime, api, name: runtime.newId() });
logger.info({ port: worker.port }, "the market feed serves connections");

stopOnSignal({ logger, stop: [worker.stop, flushTraces, api.close, database.end] });
