import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../layers/platform/logger.ts";
import { type Loop, type PassResult, startLoop } from "../layers/platform/loop.ts";
import { toMessage } from "../layers/queue/messages.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import {
  SEQUENCED_AT_ONCE,
  type SequencedHead,
  sequenceCommands,
} from "../layers/store/matching/command-outbox.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import { traceCommands } from "./trace-commands.ts";

/**
 * The pause between passes. A notification, which comes for every order, ends it; a lost one costs
 * this long.
 */
const LOOK_MS = 200;
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;
/** An announcement that is not settled after this time may have been lost by the queue. */
const OVERDUE_MS = 250;

/** Where the commands of a symbol are announced: its shard's queue, and the last settled number. */
export type Route = { readonly queue: Queue; readonly settledSeq: number };

type RelayDeps = {
  readonly database: Database;
  readonly logger: Logger;
  /** The shards that this process holds; it relays no others. */
  readonly leases: () => readonly Lease[];
  /** Undefined when this process does not work the symbol; its next owner reads what is stored. */
  readonly routeOf: (symbol: string) => Route | undefined;
  readonly onSent: (symbol: string, commands: number) => void;
  /**
   * Called when the queue does not deliver the symbol's messages; the worker must look without
   * them.
   */
  readonly onLost: (symbol: string) => void;
};

/**
 * Moves accepted commands from the outbox into their sequences, and announces them on the queue.
 * While an announcement of a symbol is being settled the next one grows, so batches grow with the
 * load and need no timer. It may stop at any point: the symbol workers read the numbered commands
 * from PostgreSQL.
 */
export class Relay {
  readonly #deps: RelayDeps;
  readonly #unsent = new Map<string, SequencedHead[]>();
  readonly #lastSent = new Map<string, { readonly seq: number; at: number }>();
  #loop: Loop | undefined;
  #sending: Promise<void> | undefined;

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = startLoop({
      ...{ name: "relay", logger: this.#deps.logger },
      ...{ pauseMs: LOOK_MS, retryMs: PAUSE_MS, longestRetryMs: LONGEST_PAUSE_MS },
      pass: () => this.#pass(),
    });
  }

  /** Reads the outbox now. */
  wake(): void {
    this.#loop?.wake();
  }

  /** Announces numbered commands; called when a symbol has settled its last announcement. */
  flush(): void {
    if (this.#sending !== undefined) return;
    const heads = this.#takeSendable();
    if (heads.length === 0) return;
    this.#sending = this.#send(heads).finally(() => {
      this.#sending = undefined;
      this.flush();
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    await this.#sending;
  }

  async #pass(): Promise<PassResult> {
    const moved = await this.#sequence();
    this.flush();
    this.#remind();
    return moved < SEQUENCED_AT_ONCE ? "idle" : "more";
  }

  async #sequence(): Promise<number> {
    const leases = this.#deps.leases();
    if (leases.length === 0) return 0;
    const heads = await sequenceCommands(this.#deps.database, leases);
    for (const [symbol, added] of Map.groupBy(heads, (head) => head.symbol))
      this.#unsent.set(symbol, [...(this.#unsent.get(symbol) ?? []), ...added]);
    return heads.length;
  }

  /** The commands of every symbol whose last announcement is settled. */
  #takeSendable(): readonly SequencedHead[] {
    const taken: SequencedHead[] = [];
    for (const [symbol, unsent] of this.#unsent) {
      const route = this.#deps.routeOf(symbol);
      if (route === undefined) {
        this.#unsent.delete(symbol);
        this.#lastSent.delete(symbol);
        continue;
      }
      if ((this.#lastSent.get(symbol)?.seq ?? 0) > route.settledSeq) continue;
      taken.push(...unsent);
      this.#lastSent.set(symbol, { seq: unsent.at(-1)?.seq ?? 0, at: performance.now() });
      this.#unsent.delete(symbol);
    }
    return taken;
  }

  /**
   * Makes the worker look when an announcement is overdue: a consumer that died may still hold it.
   */
  #remind(): void {
    const now = performance.now();
    for (const [symbol, sent] of this.#lastSent) {
      const settledSeq = this.#deps.routeOf(symbol)?.settledSeq;
      if (settledSeq === undefined || settledSeq >= sent.seq) this.#lastSent.delete(symbol);
      else if (now - sent.at > OVERDUE_MS) {
        sent.at = now;
        this.#deps.onLost(symbol);
      }
    }
  }

  /** Announces each shard's commands on its own queue, in parallel. */
  async #send(heads: readonly SequencedHead[]): Promise<void> {
    const byQueue = Map.groupBy(heads, ({ symbol }) => this.#deps.routeOf(symbol)?.queue);
    await Promise.all([...byQueue].map(([queue, ofQueue]) => this.#sendTo(queue, ofQueue)));
  }

  /** A message that the queue did not accept is not sent again: the worker looks without it. */
  async #sendTo(queue: Queue | undefined, heads: readonly SequencedHead[]): Promise<void> {
    const bySymbol = Map.groupBy(heads, (head) => head.symbol);
    const endStep = traceCommands(heads, ({ traceparent }) => traceparent);
    try {
      await queue?.send(
        [...bySymbol].map(([symbol, ofSymbol]) =>
          toMessage({ symbol, seq: ofSymbol.at(-1)?.seq ?? 0 }),
        ),
      );
      endStep("relay");
      for (const [symbol, sent] of bySymbol) this.#deps.onSent(symbol, sent.length);
    } catch (error) {
      this.#deps.logger.warn(
        { err: error },
        "the queue accepted no message; workers poll the database instead",
      );
      for (const symbol of bySymbol.keys()) this.#deps.onLost(symbol);
      await delay(PAUSE_MS);
    }
  }
}
