import { runtime } from "../../layers/runtime.ts";
import { socketHandlers } from "./cloud/socket-handlers.ts";
import { ticketRedeemer } from "./sockets/redeem-ticket.ts";

const handlers = socketHandlers({
  ...runtime,
  origins: runtime.config.feedOrigins,
  maxPerClient: runtime.config.feedMaxConnectionsPerClient,
  redeem: ticketRedeemer(runtime),
});

/** The WebSocket functions for API Gateway; on a laptop and in Compose main.ts calls the same handlers. */
export const connectHandler = handlers.connect;
export const messageHandler = handlers.message;
export const disconnectHandler = handlers.disconnect;
