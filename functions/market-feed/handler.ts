import { runtime } from "../../layers/runtime.ts";
import { socketHandlers } from "./cloud/socket-handlers.ts";
import { redeemer } from "./sockets/redeem-ticket.ts";

const handlers = socketHandlers({
  ...runtime,
  origins: runtime.config.feedOrigins,
  redeem: redeemer(runtime),
});

/** The WebSocket functions of API Gateway; elsewhere the market feed's process runs them itself. */
export const connectHandler = handlers.connect;
export const messageHandler = handlers.message;
export const disconnectHandler = handlers.disconnect;
