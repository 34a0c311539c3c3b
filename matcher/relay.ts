import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../layers/platform/logger.ts";
import { packCommands } from "../layers/queue/messages.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { type CommandRow, sequenceCommands } from "../layers/store/commands.ts";
import type { Database } from "../layers/store/database.ts";

const SEQUENCED_AT_ONCE = 500;
/** Commands of one symbol sent together; the next ones wait until these are settled. */
const SENT_AT_ONCE = 200;
/** With so many sequenced and not yet sent, the rest stays in the outbox. */
const UNSENT_MAX = 10_000;
/** Without a ring: soon after there was something, seldom otherwise. */
const BUSY_LOOK_MS = 5;
const IDLE_LOOK_MS = 50;
const PAUSE_MS = 200;

export type RelayDeps = {
  readonly database: Database;
  readonly queue: Queue;
  readonly logger: Logger;
  /** The last settled command of a symbol, as its lane knows it. */
  readonly settledSeq: (symbol: string) => number;
  readonly onSent: (symbol: string, commands: number) => void;
  /** The queue did not take commands of this symbol; its lane has to read them from the log. */
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
  readonly #lastSent = new Map<string, number>();
  #unsentCount = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  #sending: Promise<void> | undefined;

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /** Someone rang: there is something in the outbox, or a symbol has room again. */
  nudge(): void {
    this.#wake?.();
    this.#flush();
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const moved = await this.#sequence();
        this.#flush();
        if (moved < SEQUENCED_AT_ONCE) await this.#rest(moved > 0 ? BUSY_LOOK_MS : IDLE_LOOK_MS);
      } catch (error) {
        this.#deps.logger.warn({ err: error }, "the outbox cannot be read");
        await delay(PAUSE_MS);
      }
    }
    await this.#sending;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async #sequence(): Promise<number> {
    if (this.#unsentCount >= UNSENT_MAX) return 0;
    const rows = await sequenceCommands(this.#deps.database, SEQUENCED_AT_ONCE);
    for (const [symbol, commands] of Map.groupBy(rows, (row) => row.symbol))
      this.#unsent.set(symbol, [...(this.#unsent.get(symbol) ?? []), ...commands]);
    this.#unsentCount += rows.length;
    return rows.length;
  }

  /** Waits to be nudged, but never long: a ring may have been lost. */
  async #rest(ms: number): Promise<void> {
    const alarm = new AbortController();
    this.#wake = () => alarm.abort();
    await delay(ms, undefined, { signal: alarm.signal }).catch(() => {});
    this.#wake = undefined;
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
      if ((this.#lastSent.get(symbol) ?? 0) > this.#deps.settledSeq(symbol)) continue;
      const commands = unsent.slice(0, SENT_AT_ONCE);
      taken.push(...commands);
      this.#lastSent.set(symbol, commands.at(-1)?.seq ?? 0);
      if (commands.length === unsent.length) this.#unsent.delete(symbol);
      else this.#unsent.set(symbol, unsent.slice(SENT_AT_ONCE));
    }
    this.#unsentCount -= taken.length;
    return taken;
  }

  /** A message the queue did not take is not sent again: the log has what it said. */
  async #send(commands: readonly CommandRow[]): Promise<void> {
    const bySymbol = Map.groupBy(commands, (row) => row.symbol);
    try {
      await this.#deps.queue.send(packCommands(commands));
      for (const [symbol, sent] of bySymbol) this.#deps.onSent(symbol, sent.length);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, "the queue did not take commands; the log has them");
      for (const symbol of bySymbol.keys()) this.#deps.onLost(symbol);
      await delay(PAUSE_MS);
    }
  }
}
