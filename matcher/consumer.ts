import type { Logger } from "../layers/platform/logger.ts";
import { type Loop, startLoop } from "../layers/platform/loop.ts";
import { type Announcement, fromMessage } from "../layers/queue/messages.ts";
import type { IncomingMessage, Queue } from "../layers/queue/sqs.ts";
import type { SymbolWorker } from "./symbol-worker.ts";

const WAIT_SECONDS = 10;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 1_000;
/** The most messages that are received and not yet settled; further ones stay in the queue. */
const IN_HAND_MAX = 64;
/** Many false messages must not cause many log lines. */
const WARN_EVERY_MS = 1_000;

/** Why a message had no effect. A duplicate is normal: SQS may deliver any message twice. */
export type IgnoredReason = "malformed" | "unknown_symbol" | "unknown_seq" | "duplicate";

type ConsumerDeps = {
  readonly queue: Queue;
  readonly logger: Logger;
  readonly workerOf: (symbol: string) => SymbolWorker | undefined;
  /** Called for each message that had no effect. */
  readonly onIgnored: (reason: IgnoredReason) => void;
};

/**
 * Passes announcements from the queue to the symbol workers, and deletes a message only when the
 * commands it announces are settled. The content of a message is only a hint: the worker reads the
 * commands from PostgreSQL, so a false message has no effect; it is counted and deleted.
 */
export class Consumer {
  readonly #deps: ConsumerDeps;
  #loop: Loop | undefined;
  readonly #inHand = new Set<Promise<void>>();
  #done: IncomingMessage[] = [];
  #removing: Promise<void> | undefined;
  #warnedAt = -Infinity;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
  }

  /** Starts to receive; further calls do nothing. */
  start(): void {
    this.#loop ??= startLoop({
      ...{ name: "consumer", logger: this.#deps.logger },
      ...{ pauseMs: 0, retryMs: RETRY_MS, longestRetryMs: LONGEST_RETRY_MS },
      pass: async ({ signal }) => {
        if (this.#inHand.size >= IN_HAND_MAX) await Promise.race(this.#inHand);
        for (const message of await this.#deps.queue.receive(WAIT_SECONDS, signal))
          this.#take(message);
        return "more";
      },
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  #take(message: IncomingMessage): void {
    const handled = this.#handle(message).finally(() => this.#inHand.delete(handled));
    this.#inHand.add(handled);
  }

  async #handle(message: IncomingMessage): Promise<void> {
    const outcome = await this.#follow(fromMessage(message.body));
    if (outcome === "stopped") return; // the message is delivered again, to the symbol's next owner
    if (outcome !== "settled") this.#ignore(outcome, message);
    this.#done.push(message);
    this.#remove();
  }

  async #follow(
    announcement: Announcement | undefined,
  ): Promise<IgnoredReason | "settled" | "stopped"> {
    if (announcement === undefined) return "malformed";
    const worker = this.#deps.workerOf(announcement.symbol);
    if (worker === undefined) return "unknown_symbol";
    if (announcement.seq <= worker.settledSeq) return "duplicate";
    return worker.settleUpTo(announcement.seq);
  }

  #ignore(reason: IgnoredReason, { body }: IncomingMessage): void {
    this.#deps.onIgnored(reason);
    const now = performance.now();
    if (reason === "duplicate" || now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    const start = body.slice(0, 100);
    this.#deps.logger.warn({ reason, start }, "a message that BrokerX did not send was ignored");
  }

  /**
   * Deletes handled messages, several at a time while the queue is busy with the previous deletion.
   */
  #remove(): void {
    if (this.#removing !== undefined || this.#done.length === 0) return;
    const messages = this.#done;
    this.#done = [];
    this.#removing = this.#deps.queue
      .remove(messages)
      .catch((error: unknown) =>
        this.#deps.logger.warn({ err: error }, "settled messages will be delivered again"),
      )
      .finally(() => {
        this.#removing = undefined;
        this.#remove();
      });
  }
}
