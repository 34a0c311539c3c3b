import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { disconnection, WELCOME } from "../protocol/cable.ts";
import type { Message } from "../protocol/message-batch.ts";
import type { Connection } from "../sockets/connection.ts";
import { HOLD_BACK_BYTES, OVERFLOW_BYTES } from "../sockets/send-buffer.ts";
import type { ManagementApi } from "./management-api.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A worker may learn of a connection before the gateway has finished the handshake. */
const WELCOME_ATTEMPTS = 20;
const WELCOME_PAUSE_MS = 100;

type Options = {
  readonly connectionId: string;
  readonly api: Pick<ManagementApi, "post" | "disconnect">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly expiresAt: Date;
  /** Called once, when nothing more can be sent. */
  readonly onEnd: () => void;
};

/**
 * A socket that API Gateway holds, with the same guarantees as a local one: messages in order, a bounded
 * send buffer, a reason before the close. Waiting messages are posted one by one; of those with the same
 * slot only the newest waits.
 */
export const openRemoteConnection = (options: Options): Connection => {
  const { clock, onEnd } = options;
  const buffer = createSendBuffer(options, () => {
    clearTimeout(expiry);
    onEnd();
  });
  const disconnect: Connection["disconnect"] = (reason, reconnect) =>
    buffer.end(disconnection(reason, reconnect));
  const expiry = setTimeout(
    () => disconnect("token_expired", false),
    Math.min(LONGEST_TIMER_MS, Math.max(0, options.expiresAt.getTime() - clock().getTime())),
  ).unref();
  buffer.add({ text: WELCOME });
  return {
    send: ({ messages }) => {
      const waitingBytes = buffer.bytes();
      for (const message of messages) buffer.add(message);
      if (waitingBytes > HOLD_BACK_BYTES && buffer.bytes() > OVERFLOW_BYTES)
        disconnect("slow_client", true);
    },
    disconnect,
    probe: () => {}, // the gateway detects dead peers, and a post to one fails
  };
};

/** Messages that wait to be posted to one connection, and the loop that posts them. */
const createSendBuffer = ({ connectionId, api, logger }: Options, onEnd: () => void) => {
  const waiting = createWaitingMessages();
  let welcomed = false;
  let ending = false;
  let posting = false;

  const post = async (text: string): Promise<"sent" | "gone" | "too_large"> => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await api.post(connectionId, text);
      if (result !== "gone" || welcomed || attempt >= WELCOME_ATTEMPTS) return result;
      await delay(WELCOME_PAUSE_MS);
    }
  };

  const abandon = (): void => {
    ending = true;
    waiting.clear();
  };

  const postWaiting = async (): Promise<void> => {
    for (let text = waiting.take(); text !== undefined; text = waiting.take()) {
      const result = await post(text);
      if (result === "too_large") {
        logger.warn({ connectionId }, "a message is larger than the gateway allows");
        end(disconnection("invalid_request", false));
      }
      if (result === "gone") abandon();
      welcomed = true;
    }
  };

  const run = async (): Promise<void> => {
    posting = true;
    // A message may be added between the last `take` of `postWaiting` and its return.
    while (waiting.bytes() > 0)
      await postWaiting().catch((error: unknown) => {
        logger.warn({ connectionId, err: error }, "a connection cannot be reached");
        abandon();
      });
    posting = false;
    if (!ending) return;
    await api.disconnect(connectionId).catch(() => {});
    onEnd();
  };

  const add = (message: Message): void => {
    if (ending) return;
    waiting.add(message);
    if (!posting) void run();
  };

  /** Posts a last message in place of all that wait, and ends the connection. */
  const end = (text: string): void => {
    if (ending) return;
    waiting.clear();
    add({ text });
    ending = true;
  };

  return { add, end, bytes: waiting.bytes };
};

/** Messages in order of arrival; a newer one of a slot replaces the older one. */
const createWaitingMessages = () => {
  let messages: Message[] = [];
  let bytes = 0;
  return {
    bytes: (): number => bytes,
    add: (message: Message): void => {
      const { slot, text } = message;
      const older =
        slot === undefined ? -1 : messages.findIndex((waiting) => waiting.slot === slot);
      const [replaced] = older < 0 ? [] : messages.splice(older, 1);
      messages.push(message);
      bytes += Buffer.byteLength(text) - Buffer.byteLength(replaced?.text ?? "");
    },
    take: (): string | undefined => {
      const [first] = messages.splice(0, 1);
      bytes -= Buffer.byteLength(first?.text ?? "");
      return first?.text;
    },
    clear: (): void => {
      messages = [];
      bytes = 0;
    },
  };
};
