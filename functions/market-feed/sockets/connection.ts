import type { Duplex } from "node:stream";
import { type RawData, WebSocket } from "ws";
import type { Clock } from "../../../layers/platform/clock.ts";
import { type DisconnectReason, disconnection, parseCommand, WELCOME } from "../protocol/cable.ts";
import type { Parcel } from "../protocol/message-batch.ts";
import { createAllowance } from "./command-rate.ts";
import type { Conversation } from "./lambda-sockets.ts";
import { createOutbox } from "./send-buffer.ts";

/** One open socket. It is closed from here with a reason, and ended for certain soon after. */
export type Session = {
  readonly send: (parcel: Parcel) => void;
  /** Says why, closes, and hangs up when the other side does not. Only the first call counts. */
  readonly farewell: (reason: DisconnectReason, reconnect: boolean) => void;
  /** Asks whether anybody is still there; hangs up when the last question was not answered. */
  readonly probe: () => void;
};

const COMMANDS_WAITING_MAX = 64;
const GRACE_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs one connection until it ends: greets, bounds what comes in and goes out, minds the token. */
export const openSession = (options: {
  readonly socket: WebSocket;
  /** What the socket writes to: what is sent to many is framed once, and written here. */
  readonly raw: Duplex;
  readonly conversation: Conversation;
  readonly clock: Clock;
  readonly expiresAt: Date;
}): Session => {
  const { socket, conversation, clock } = options;
  let ending = false;
  let answered = true;

  const hangUpSoon = (): void => {
    ending = true;
    setTimeout(() => socket.terminate(), GRACE_MS).unref();
  };
  const farewell = (reason: DisconnectReason, reconnect: boolean): void => {
    if (ending) return;
    socket.send(disconnection(reason, reconnect));
    socket.close(1_000);
    hangUpSoon();
    void conversation.close(); // at once: nothing more is to be sent to it
  };
  const outbox = createOutbox(options.raw, () => farewell("slow_client", true));
  const expiry = setTimeout(
    () => farewell("token_expired", false),
    Math.min(LONGEST_TIMER_MS, Math.max(0, options.expiresAt.getTime() - clock().getTime())),
  ).unref();

  socket.on("error", hangUpSoon); // a frame that breaks the protocol: ws has answered with a close
  socket.on("pong", () => {
    answered = true;
  });
  socket.on(
    "message",
    listener(conversation, () => farewell("invalid_request", false)),
  );
  socket.on("close", () => {
    ending = true;
    clearTimeout(expiry);
    void conversation.close();
  });
  socket.send(WELCOME);
  return {
    send: (parcel) => {
      if (!ending && socket.readyState === WebSocket.OPEN) outbox(parcel);
    },
    farewell,
    probe: () => {
      if (!answered) farewell("unresponsive", true);
      answered = false;
      if (!ending) socket.ping();
    },
  };
};

/** Passes commands on, one after the other; too many, or too many waiting, is abuse. */
const listener = (conversation: Conversation, onAbuse: () => void) => {
  const mayTake = createAllowance();
  let waiting = 0;
  let turn = Promise.resolve();
  return (data: RawData, isBinary: boolean): void => {
    const tooMany = !mayTake() || waiting >= COMMANDS_WAITING_MAX;
    if (tooMany) onAbuse();
    const text = isBinary ? "" : data.toString();
    if (tooMany || parseCommand(text) === undefined) return;
    waiting += 1;
    turn = turn
      .then(() => conversation.message(text))
      .finally(() => {
        waiting -= 1;
      });
  };
};
