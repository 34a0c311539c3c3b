import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../layers/platform/logger.ts";
import { type Loop, type PassResult, startLoop } from "../layers/platform/loop.ts";
import { packCommands } from "../layers/queue/messages.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { type CommandRow, traceparentOf } from "../layers/store/matching/commands.ts";
import { sequenceCommands } from "../layers/store/matching/outbox.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import { traceCommands } from "./trace-commands.ts";

const SEQUENCED_AT_ONCE = 500;
/** Commands of one symbol sent together; the next ones wait until these are settled. */
const SENT_AT_ONCE = 200;
/** With so many sequenced and not yet sent, the rest stays in the outbox. */
const UNSENT_MAX = 10_000;
/** Pause between passes; a wake-up, which comes for every order, ends it. A lost one costs this long. */
const LOOK_MS = 200;
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;
/** Sent and not settled after so long: the queue keeps it back, and the log has it. */
const OVERDUE_MS = 250;

/** What a symbol's commands are sent to: the queue of its shard, and how far they are settled. */
export type Route = { readonly queue: Queue; readonly settledSeq: number };

export type RelayDeps = {
  readonly database: Database;
  readonly logger: Logger;
  /** The shards this process holds: it relays those and no others. */
  readonly leases: () => readonly Lease[];
  /** Undefined when the symbol is not this process's, or not any more: the log has what is unsent. */
  readonly routeOf: (symbol: string) => Route | undefined;
  readonly onSent: (symbol: string, commands: number) => void;
  /** The queue does not bring commands of this symbol; its lane has to read them from the log. */
  readonly onLost: (symbol: string) => void;
};

/**
 * Moves accepted commands from the outbox into their sequences and on to the queue. While one message
 * of a symbol is being settled the next one fills up, so batches grow with the load and need no timer.
 * It may die at any point: what is sequenced but not sent, the lanes read from the log.
 */
export class Relay {
  readonly #deps: RelayDeps;
  readonly #unsent = new Map<string, CommandRow[]>();
  readonly #lastSent = new Map<string, { readonly seq: number; at: number }>();
  #unsentCount = 0;
  #full = false;
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

  /** There is something in the outbox. */
  wake(): void {
    this.#loop?.wake();
  }

  /** A symbol has room again. */
  nudge(): void {
    this.#flush();
    // The outbox was left alone while too much was unsent.
    if (this.#full) this.wake();
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    await this.#sending;
  }

  async #pass(): Promise<PassResult> {
    const moved = await this.#sequence();
    this.#flush();
    this.#remind();
    return moved < SEQUENCED_AT_ONCE ? "idle" : "more";
  }

  async #sequence(): Promise<number> {
    const leases = this.#deps.leases();
    this.#full = this.#unsentCount >= UNSENT_MAX;
    if (this.#full || leases.length === 0) return 0;
    const rows = await sequenceCommands(this.#deps.database, leases, SEQUENCED_AT_ONCE);
    for (const [symbol, commands] of Map.groupBy(rows, (row) => row.symbol))
      this.#unsent.set(symbol, [...(this.#unsent.get(symbol) ?? []), ...commands]);
    this.#unsentCount += rows.length;
    return rows.length;
  }

  #flush(): void {
    if (this.#sending !== undefined) return;
    const commands = this.#takeSendable();
    if (commands.length === 0) return;
    this.#sending = this.#send(commands).finally(() => {
      this.#sending = undefined;
      this.#flush();
    });
  }

  #takeSendable(): readonly CommandRow[] {
    const taken: CommandRow[] = [];
    for (const [symbol, unsent] of this.#unsent) {
      const route = this.#deps.routeOf(symbol);
      if (route === undefined) {
        this.#forget(symbol, unsent.length);
        continue;
      }
      if ((this.#lastSent.get(symbol)?.seq ?? 0) > route.settledSeq) continue;
      const commands = unsent.slice(0, SENT_AT_ONCE);
      taken.push(...commands);
      this.#lastSent.set(symbol, { seq: commands.at(-1)?.seq ?? 0, at: performance.now() });
      if (commands.length === unsent.length) this.#unsent.delete(symbol);
      else this.#unsent.set(symbol, unsent.slice(SENT_AT_ONCE));
    }
    this.#unsentCount -= taken.length;
    return taken;
  }

  #forget(symbol: string, unsent: number): void {
    this.#unsent.delete(symbol);
    this.#lastSent.delete(symbol);
    this.#unsentCount -= unsent;
  }

  /** A queue holds a group back while somebody who died had some of it in hand: no order waits for that. */
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

  /** Each shard's commands to its own queue, side by side. */
  async #send(commands: readonly CommandRow[]): Promise<void> {
    const byQueue = Map.groupBy(commands, ({ symbol }) => this.#deps.routeOf(symbol)?.queue);
    await Promise.all([...byQueue].map(([queue, some]) => this.#sendTo(queue, some)));
  }

  /** A message the queue did not take is not sent again: the log has what it said. */
  async #sendTo(queue: Queue | undefined, commands: readonly CommandRow[]): Promise<void> {
    const bySymbol = Map.groupBy(commands, (row) => row.symbol);
    const endStep = traceCommands(commands, traceparentOf);
    try {
      await queue?.send(packCommands(commands));
      endStep("relay");
      for (const [symbol, sent] of bySymbol) this.#deps.onSent(symbol, sent.length);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, "the queue did not take commands; the log has them");
      for (const symbol of bySymbol.keys()) this.#deps.onLost(symbol);
      await delay(PAUSE_MS);
    }
  }
}
