import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { disconnection, WELCOME } from "../protocol/cable.ts";
import type { Message } from "../protocol/message-batch.ts";
import type { Session } from "../sockets/connection.ts";
import { HOLD_BYTES, OVERFLOW_BYTES } from "../sockets/send-buffer.ts";
import type { ManagementApi } from "./management-api.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A connection may be told of here before the gateway itself has finished the handshake. */
const GREETINGS = 20;
const GREETING_PAUSE_MS = 100;

type Options = {
  readonly connectionId: string;
  readonly api: Pick<ManagementApi, "post" | "hangUp">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly expiresAt: Date;
  /** Called once, when nothing more can be said to it. */
  readonly onEnd: () => void;
};

/**
 * One socket that API Gateway holds, with the same promises as one of our own: in order, bounded, told
 * why it ends. What waits is sent one by one; of the views that wait only the newest is.
 */
export const openRemoteSession = (options: Options): Session => {
  const { clock, onEnd } = options;
  const line = createLine(options, () => {
    clearTimeout(expiry);
    onEnd();
  });
  const farewell: Session["farewell"] = (reason, reconnect) =>
    line.close(disconnection(reason, reconnect));
  const expiry = setTimeout(
    () => farewell("token_expired", false),
    Math.min(LONGEST_TIMER_MS, Math.max(0, options.expiresAt.getTime() - clock().getTime())),
  ).unref();
  line.add({ text: WELCOME });
  return {
    send: ({ messages }) => {
      const backlog = line.bytes();
      for (const message of messages) line.add(message);
      if (backlog > HOLD_BYTES && line.bytes() > OVERFLOW_BYTES) farewell("slow_client", true);
    },
    farewell,
    probe: () => {}, // the gateway asks by itself, and a post to one who left fails
  };
};

/** What waits to be posted to one connection, and whoever posts it. */
const createLine = ({ connectionId, api, logger }: Options, onEnd: () => void) => {
  const waiting = createWaiting();
  let greeted = false;
  let closing = false;
  let posting = false;

  const post = async (text: string): Promise<"sent" | "gone" | "too_large"> => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await api.post(connectionId, text);
      if (result !== "gone" || greeted || attempt >= GREETINGS) return result;
      await delay(GREETING_PAUSE_MS);
    }
  };

  const giveUp = (): void => {
    closing = true;
    waiting.clear();
  };

  const sayAll = async (): Promise<void> => {
    for (let text = waiting.take(); text !== undefined; text = waiting.take()) {
      const result = await post(text);
      if (result === "too_large") {
        logger.warn({ connectionId }, "a message is larger than the gateway takes");
        close(disconnection("invalid_request", false));
      }
      if (result === "gone") giveUp();
      greeted = true;
    }
  };

  const pump = async (): Promise<void> => {
    posting = true;
    // Something may be added after the last look of `sayAll` and before this goes on.
    while (waiting.bytes() > 0)
      await sayAll().catch((error: unknown) => {
        logger.warn({ connectionId, err: error }, "a connection cannot be reached");
        giveUp();
      });
    posting = false;
    if (!closing) return;
    await api.hangUp(connectionId).catch(() => {});
    onEnd();
  };

  const add = (message: Message): void => {
    if (closing) return;
    waiting.add(message);
    if (!posting) void pump();
  };

  /** Says one last thing instead of all that waits, and hangs up. */
  const close = (text: string): void => {
    if (closing) return;
    waiting.clear();
    add({ text });
    closing = true;
  };

  return { add, close, bytes: waiting.bytes };
};

/** Messages that wait, the oldest first; of a slot only the newest waits. */
const createWaiting = () => {
  let messages: Message[] = [];
  let bytes = 0;
  return {
    bytes: (): number => bytes,
    add: (message: Message): void => {
      const { slot, text } = message;
      const older = slot === undefined ? -1 : messages.findIndex((one) => one.slot === slot);
      const [useless] = older < 0 ? [] : messages.splice(older, 1);
      messages.push(message);
      bytes += Buffer.byteLength(text) - Buffer.byteLength(useless?.text ?? "");
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
