import { stopOnSignal } from "../../../layers/platform/process.ts";
import { flushTraces } from "../../../layers/platform/tracing/tracing.ts";
import { runtime } from "../../../layers/runtime.ts";
import { serveFanOut } from "./fan-out.ts";
import { openManagementApi } from "./management-api.ts";

// The market feed's process in the cloud: the sockets are API Gateway's, their handlers functions of
// Lambda, and this tells their clients of the market.

const { config, database, logger, queue } = runtime;
const url = config.feedConnectionsUrl;
if (url === undefined)
  throw new Error("FEED_CONNECTIONS_URL names the WebSocket API to speak through.");
const api = openManagementApi({ url, region: config.awsRegion });
const fanOut = await serveFanOut({ ...runtime, api, name: runtime.newId() });
logger.info({ port: fanOut.port }, "the market feed speaks to connections");

stopOnSignal({ logger, stop: [fanOut.stop, flushTraces, api.close, database.end, queue.close] });
