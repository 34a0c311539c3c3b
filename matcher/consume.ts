import type { SequencedCommand } from "../layers/domain/orders/command.ts";
import type { Logger } from "../layers/platform/logger.ts";
import { type Loop, startLoop } from "../layers/platform/loop.ts";
import { unpackCommands } from "../layers/queue/messages.ts";
import type { IncomingMessage, Queue } from "../layers/queue/sqs.ts";
import { decodeCommand } from "../layers/store/matching/commands.ts";
import type { Lane } from "./lane.ts";

const WAIT_SECONDS = 10;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 1_000;
/** Messages taken and not yet settled; more stay in the queue. */
const IN_HAND_MAX = 64;

export type ConsumerDeps = {
  readonly queue: Queue;
  readonly logger: Logger;
  readonly laneOf: (symbol: string) => Lane | undefined;
};

/**
 * Hands what the queue brings to the lanes, and takes a message off the queue only when all of it is
 * settled. A message it cannot read is dropped: the log has what it should have said.
 */
export class Consumer {
  readonly #deps: ConsumerDeps;
  #loop: Loop | undefined;
  readonly #inHand = new Set<Promise<void>>();
  #done: IncomingMessage[] = [];
  #removing: Promise<void> | undefined;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
  }

  /** Begins to receive; further calls do nothing. */
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
    const commands = this.#read(message);
    const last = commands.at(-1);
    const lane = last === undefined ? undefined : this.#deps.laneOf(last.symbol);
    if (last !== undefined && lane !== undefined) {
      lane.deliver(commands);
      await lane.settled(last.seq);
      if (lane.settledSeq < last.seq) return;
    }
    this.#done.push(message);
    this.#remove();
  }

  #read(message: IncomingMessage): readonly SequencedCommand[] {
    try {
      return unpackCommands(message.body).map(decodeCommand);
    } catch (error) {
      this.#deps.logger.error({ err: error }, "a message cannot be read");
      return [];
    }
  }

  /** Removes what is done, several at a time while the queue is busy with the last removal. */
  #remove(): void {
    if (this.#removing !== undefined || this.#done.length === 0) return;
    const messages = this.#done;
    this.#done = [];
    this.#removing = this.#deps.queue
      .remove(messages)
      .catch((error: unknown) =>
        this.#deps.logger.warn({ err: error }, "settled messages will come again"),
      )
      .finally(() => {
        this.#removing = undefined;
        this.#remove();
      });
  }
}
