import type { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withEnvironment } from "../../../layers/platform/config.ts";
import { parseObject } from "../protocol/cable.ts";
import type { SocketEvent, SocketHandler, SocketResult } from "./socket-event.ts";

/** The handshake request as the handlers see it. The library uses the key as the connection id. */
export type Handshake = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> & { readonly "sec-websocket-key": string };
};

/** The handlers of one open connection. */
export type BoundHandlers = {
  readonly message: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type LambdaSockets = {
  /** Calls the connect handler. */
  readonly connect: (handshake: Handshake) => Promise<SocketResult>;
  readonly open: (handshake: Handshake) => BoundHandlers;
};

type Library = ((handler: (event: SocketEvent) => Promise<SocketResult>) => void) & {
  readonly wss: EventEmitter;
  readonly server: Server;
};

type Listener = (text?: string) => Promise<void>;

/** The library fails on a text that is not a JSON object; this one it passes on, as no command. */
const NOT_A_COMMAND = "[]";

/**
 * Runs WebSocket handlers in this process: `aws-lambda-ws-server` makes their events. It receives only
 * requests and texts that were checked before, with connection ids of this server.
 */
export const lambdaSockets = (handlers: {
  readonly connect: SocketHandler;
  readonly message: SocketHandler;
  readonly disconnect: SocketHandler;
}): LambdaSockets => {
  const { library, wss } = loadLibrary();
  /** The library passes on only the status of a result. */
  const connectResults = new Map<string, SocketResult>();
  library(async (event) => {
    const { eventType, connectionId } = event.requestContext;
    if (eventType === "CONNECT") {
      const result = await handlers.connect(event);
      connectResults.set(connectionId, result);
      return result;
    }
    return eventType === "DISCONNECT" ? handlers.disconnect(event) : handlers.message(event);
  });
  return {
    connect: (handshake) =>
      new Promise((resolve) => {
        wss.emit("verifyClient", { req: handshake }, () => {
          const id = handshake.headers["sec-websocket-key"];
          resolve(connectResults.get(id) ?? { statusCode: 500 });
          connectResults.delete(id);
        });
      }),
    open: (handshake) => {
      const listeners = new Map<string, Listener>();
      const socket = {
        on: (name: string, listener: Listener) => listeners.set(name, listener),
        // The library only sends a report of a failed handler, which is not an ActionCable frame.
        send: (_text: string, done: () => void) => done(),
      };
      wss.emit("connection", socket, handshake);
      return {
        message: async (text) =>
          listeners.get("message")?.(parseObject(text) === undefined ? NOT_A_COMMAND : text),
        close: async () => listeners.get("close")?.(),
      };
    },
  };
};

/**
 * The library listens on all interfaces as soon as it is loaded, and every client that reaches it can
 * post to any connection. Therefore it is loaded with a pipe in a private folder, and then closed.
 */
const loadLibrary = (): { readonly library: Library; readonly wss: EventEmitter } => {
  const folder = mkdtempSync(join(tmpdir(), "brokerx-"));
  const pipe = process.platform === "win32" ? `\\\\.\\pipe\\${folder}` : join(folder, "pipe");
  const require = createRequire(import.meta.url);
  const library: Library = withEnvironment({ PORT: pipe, MAPPING_KEY: "command" }, () =>
    require("aws-lambda-ws-server"),
  );
  library.wss.on("error", () => {}); // it repeats the errors of the closed server
  library.server.close();
  rmSync(folder, { recursive: true, force: true });
  return { library, wss: library.wss };
};
