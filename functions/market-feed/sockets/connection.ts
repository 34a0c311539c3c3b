import type { Duplex } from "node:stream";
import { type RawData, WebSocket } from "ws";
import type { Clock } from "../../../layers/platform/clock.ts";
import { createTokenBucket } from "../../../layers/platform/token-bucket.ts";
import { type DisconnectReason, disconnection, WELCOME } from "../protocol/cable.ts";
import type { MessageBatch } from "../protocol/message-batch.ts";
import type { BoundHandlers } from "./lambda-sockets.ts";
import { createSendBuffer } from "./send-buffer.ts";

/** An open socket. */
export type Connection = {
  readonly send: (batch: MessageBatch) => void;
  /**
   * Tells the client why, closes the socket, and destroys it a second later if the client does not
   * close it. Only the first call has an effect.
   */
  readonly disconnect: (reason: DisconnectReason, reconnect: boolean) => void;
  /** Sends a WebSocket ping; disconnects when the previous one was not answered. */
  readonly probe: () => void;
};

/** The limit on commands of a connection: a burst, then a rate per second. */
export const COMMAND_RATE = { burst: 60, perSecond: 20 };

const COMMANDS_WAITING_MAX = 64;
const CLOSE_TIMEOUT_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs a socket until it ends: greets the client, limits both directions, and ends with its token. */
export const openConnection = (options: {
  readonly socket: WebSocket;
  /** The transport of `socket`: batches are framed once for all readers, and written here. */
  readonly raw: Duplex;
  readonly handlers: BoundHandlers;
  readonly clock: Clock;
  readonly expiresAt: Date;
}): Connection => {
  const { socket, handlers, clock } = options;
  let ending = false;
  let pongReceived = true;

  const destroySoon = (): void => {
    ending = true;
    setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  };
  const disconnect = (reason: DisconnectReason, reconnect: boolean): void => {
    if (ending) return;
    socket.send(disconnection(reason, reconnect));
    socket.close(1_000);
    destroySoon();
    void handlers.close(); // now, so that nothing more is sent to it
  };
  const sendBuffer = createSendBuffer(options.raw, () => disconnect("slow_client", true));
  const expiry = setTimeout(
    () => disconnect("token_expired", false),
    Math.min(LONGEST_TIMER_MS, Math.max(0, options.expiresAt.getTime() - clock().getTime())),
  ).unref();

  socket.on("error", destroySoon); // after a frame that breaks the protocol ws sends the close frame
  socket.on("pong", () => {
    pongReceived = true;
  });
  socket.on(
    "message",
    commandListener(handlers, () => disconnect("invalid_request", false)),
  );
  socket.on("close", () => {
    ending = true;
    clearTimeout(expiry);
    void handlers.close();
  });
  socket.send(WELCOME);
  return {
    send: (batch) => {
      if (!ending && socket.readyState === WebSocket.OPEN) sendBuffer(batch);
    },
    disconnect,
    probe: () => {
      if (!pongReceived) disconnect("unresponsive", true);
      pongReceived = false;
      if (!ending) socket.ping();
    },
  };
};

/** Passes frames to the message handler in order. Too many, or too many waiting, is abuse. */
const commandListener = (handlers: BoundHandlers, onAbuse: () => void) => {
  const rate = createTokenBucket(COMMAND_RATE);
  let waiting = 0;
  let previous = Promise.resolve();
  return (data: RawData, isBinary: boolean): void => {
    if (!rate.take() || waiting >= COMMANDS_WAITING_MAX) {
      onAbuse();
      return;
    }
    waiting += 1;
    // A binary frame is never a command: the handler receives an empty text and refuses it.
    const text = isBinary ? "" : data.toString();
    previous = previous
      .then(() => handlers.message(text))
      .catch(() => {}) // the handler reports its own errors
      .finally(() => {
        waiting -= 1;
      });
  };
};
