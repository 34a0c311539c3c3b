import type { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withEnvironment } from "../../../layers/platform/config.ts";
import type { SocketAnswer, SocketEvent, SocketHandler } from "./socket-event.ts";

/** The handshake request as the handlers may see it. The library takes the key as connection id. */
export type Handshake = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> & { readonly "sec-websocket-key": string };
};

/** An open connection, as the handlers' side of it. */
export type Conversation = {
  readonly message: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type LambdaSockets = {
  /** The status with which the connect handler answers. */
  readonly connect: (handshake: Handshake) => Promise<number>;
  readonly open: (handshake: Handshake) => Conversation;
};

type Library = ((handler: (event: SocketEvent) => Promise<SocketAnswer>) => void) & {
  readonly wss: EventEmitter;
  readonly server: Server;
};

type Listener = (text?: string) => Promise<void>;

/**
 * Runs WebSocket handlers in this process: `aws-lambda-ws-server` makes their events. It only ever
 * sees requests and texts that were checked before, under connection ids of our own.
 */
export const lambdaSockets = (handlers: {
  readonly connect: SocketHandler;
  readonly message: SocketHandler;
  readonly disconnect: SocketHandler;
}): LambdaSockets => {
  const { library, wss } = loadLibrary();
  library((event) => {
    const { eventType } = event.requestContext;
    if (eventType === "CONNECT") return handlers.connect(event);
    return eventType === "DISCONNECT" ? handlers.disconnect(event) : handlers.message(event);
  });
  return {
    connect: (handshake) =>
      new Promise((resolve) => {
        wss.emit("verifyClient", { req: handshake }, (ok: boolean, status: number | undefined) =>
          resolve(ok ? 200 : (status ?? 500)),
        );
      }),
    open: (handshake) => {
      const listeners = new Map<string, Listener>();
      const socket = {
        on: (name: string, listener: Listener) => listeners.set(name, listener),
        // The library itself only sends the report of a failed handler, which is no ActionCable.
        send: (_text: string, done: () => void) => done(),
      };
      wss.emit("connection", socket, handshake);
      return {
        message: async (text) => listeners.get("message")?.(text),
        close: async () => listeners.get("close")?.(),
      };
    },
  };
};

/**
 * The library listens as soon as it is loaded, on all interfaces, and anybody who reaches it can post
 * to any connection. So it is loaded onto a pipe in a folder that only we can enter, and closed.
 */
const loadLibrary = (): { readonly library: Library; readonly wss: EventEmitter } => {
  const folder = mkdtempSync(join(tmpdir(), "brokerx-"));
  const pipe = process.platform === "win32" ? `\\\\.\\pipe\\${folder}` : join(folder, "pipe");
  const require = createRequire(import.meta.url);
  const library: Library = withEnvironment({ PORT: pipe, MAPPING_KEY: "command" }, () =>
    require("aws-lambda-ws-server"),
  );
  library.wss.on("error", () => {}); // it only repeats the errors of a server that serves nothing
  library.server.close();
  rmSync(folder, { recursive: true, force: true });
  return { library, wss: library.wss };
};
