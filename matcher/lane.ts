import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { ClientId, Ticker } from "../layers/domain/identifiers.ts";
import type { Position } from "../layers/domain/ledger/position.ts";
import type { SequencedCommand } from "../layers/domain/orders/command.ts";
import type { Settlement } from "../layers/domain/orders/settlement.ts";
import type { Clock } from "../layers/platform/clock.ts";
import type { Logger } from "../layers/platform/logger.ts";
import { Unavailable } from "../layers/platform/unavailable.ts";
import { failBook } from "../layers/store/matching/books.ts";
import { decodeCommand, readCommands } from "../layers/store/matching/commands.ts";
import { Fenced, settle } from "../layers/store/matching/settlement.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import type { Batch } from "./batch.ts";
import { type OwnedBook, recoverBook } from "./recover.ts";
import { traceCommands } from "./trace-commands.ts";

/** Commands settled in one transaction at most. */
const BATCH_MAX = 200;
/** Of so many clients a lane remembers what they own of its symbol. */
const POSITIONS_MAX = 4_096;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export type LaneDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Under which the symbol's shard is held. */
  readonly lease: Lease;
  /** Called after each commit, and only then. */
  readonly onSettled: (settled: {
    readonly settlement: Settlement;
    readonly batch: Batch;
    readonly at: Date;
  }) => void;
  /** Called when this lane may not go on: somebody else owns the symbol. */
  readonly onFenced: (symbol: Ticker) => void;
};

type State = "recovering" | "open" | "halted" | "closed";

/**
 * The way of one symbol's commands: whatever arrives, in whatever order and however often, is applied
 * in sequence and settled before anything after it. Lanes do not wait for each other.
 */
export class Lane {
  readonly symbol: Ticker;
  readonly #deps: LaneDeps;
  readonly #waiting = new Map<number, SequencedCommand>();
  readonly #positions = new LRUCache<ClientId, Position>({ max: POSITIONS_MAX });
  #owned: OwnedBook | undefined;
  #settledSeq = -1;
  #state: State = "recovering";
  #pump: Promise<void> | undefined;
  #gap = false;
  #resolveSettled: (() => void)[] = [];

  constructor(symbol: Ticker, deps: LaneDeps) {
    this.symbol = symbol;
    this.#deps = deps;
  }

  get state(): State {
    return this.#state;
  }

  /** Number of the last command that is settled; -1 until the book is rebuilt. */
  get settledSeq(): number {
    return this.#settledSeq;
  }

  /**
   * Rebuilds the book; the symbol is closed until this is done. One that cannot be rebuilt for what is
   * stored halts this symbol alone; an outage is thrown, and so is Fenced.
   */
  async open(): Promise<void> {
    try {
      await this.#recover();
    } catch (error) {
      if (error instanceof Unavailable || error instanceof Fenced) throw error;
      this.#stop("halted");
      this.#deps.logger.error({ symbol: this.symbol, err: error }, "symbol halted: no such book");
      void this.#refuseOrders(undefined);
      return;
    }
    if (this.#state !== "recovering") return; // closed meanwhile
    this.#state = "open";
    this.lookForMissed();
  }

  /** Takes commands in; late copies are dropped, early ones wait for what is missing. */
  deliver(commands: readonly SequencedCommand[]): void {
    if (this.#state === "halted" || this.#state === "closed") return;
    for (const command of commands)
      if (command.seq > this.#settledSeq) this.#waiting.set(command.seq, command);
    this.#run();
  }

  /** Reads what the log has beyond the last command: how lost messages are made up for. */
  lookForMissed(): void {
    this.#gap = true;
    this.#run();
  }

  /** Resolves once the command with this number is settled, or will not be by this process. */
  async settled(seq: number): Promise<void> {
    while (this.#settledSeq < seq && (this.#state === "open" || this.#state === "recovering"))
      await new Promise<void>((resolve) => this.#resolveSettled.push(resolve));
  }

  /** Finishes the batch at hand and takes no more. */
  async close(): Promise<void> {
    this.#stop("closed");
    await this.#pump;
  }

  #stop(state: "halted" | "closed"): void {
    this.#state = state;
    this.#waiting.clear();
    this.#wake();
  }

  #run(): void {
    if (this.#state !== "open" || this.#pump !== undefined) return;
    this.#pump = this.#work().finally(() => {
      this.#pump = undefined;
      if (this.#state === "open" && (this.#gap || this.#isNextWaiting())) this.#run();
    });
  }

  #isNextWaiting(): boolean {
    return this.#waiting.has(this.#settledSeq + 1);
  }

  async #work(): Promise<void> {
    let pauseMs = PAUSE_MS;
    while (this.#state === "open") {
      try {
        if (this.#gap) await this.#readGap();
        const commands = this.#nextCommands();
        if (commands.length === 0) return;
        await this.#settle(commands);
        pauseMs = PAUSE_MS;
      } catch (error) {
        if (!(await this.#survive(error, pauseMs))) return;
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  async #readGap(): Promise<void> {
    this.#gap = false;
    const rows = await readCommands(this.#deps.database, this.symbol, this.#settledSeq, BATCH_MAX);
    for (const row of rows) this.#waiting.set(row.seq, decodeCommand(row));
    if (rows.length === BATCH_MAX) this.#gap = true;
  }

  /** The longest run of commands that follows what is settled. Early ones mean a gap to be read. */
  #nextCommands(): readonly SequencedCommand[] {
    const commands: SequencedCommand[] = [];
    for (let seq = this.#settledSeq + 1; commands.length < BATCH_MAX; seq += 1) {
      const command = this.#waiting.get(seq);
      if (command === undefined) break;
      commands.push(command);
      if (isResume(command)) break;
    }
    if (commands.length === 0 && this.#waiting.size > 0) this.#gap = true;
    return commands;
  }

  async #settle(commands: readonly SequencedCommand[]): Promise<void> {
    const owned = this.#owned;
    if (owned === undefined) throw new Unavailable(`${this.symbol} has no book`);
    const at = this.#deps.clock();
    const endStep = traceCommands(commands, ({ traceparent }) => traceparent);
    const batch = owned.book.apply(commands);
    const settlement = owned.book.settlement(batch);
    endStep("match");
    const owner = { epoch: owned.epoch, settledAt: at, positions: this.#positions };
    await settle(this.#deps.database, settlement, owner);
    endStep("settle");
    for (const { seq } of commands) this.#waiting.delete(seq);
    this.#settledSeq = batch.lastSeq;
    this.#wake();
    this.#deps.onSettled({ settlement, batch, at });
    // Tick and lot may have changed while it was halted: only a book made anew knows them.
    if (commands.some(isResume)) await this.#reopen();
  }

  #wake(): void {
    const waiters = this.#resolveSettled;
    this.#resolveSettled = [];
    for (const resolve of waiters) resolve();
  }

  /**
   * What was applied is not settled, so the book is thrown away and rebuilt from what is stored;
   * the watermark tells whether an interrupted commit took place. An error that is no outage is ours:
   * the symbol is halted with an alarm, and the others go on.
   */
  async #survive(error: unknown, pauseMs: number): Promise<boolean> {
    const { logger, onFenced } = this.#deps;
    const { symbol } = this;
    this.#owned = undefined;
    if (error instanceof Fenced) {
      this.#stop("closed");
      logger.error({ symbol }, "another matcher owns this symbol");
      onFenced(symbol);
      return false;
    }
    if (!(error instanceof Unavailable)) {
      const failedSeq = Math.max(this.#settledSeq + 1, ...this.#waiting.keys());
      this.#stop("halted");
      logger.error({ symbol, err: error, after: this.#settledSeq }, "symbol halted by an error");
      await this.#refuseOrders(failedSeq);
      return false;
    }
    logger.warn({ symbol, err: error }, "settlement interrupted; rebuilding the book");
    await delay(pauseMs);
    try {
      await this.#reopen();
    } catch (cause) {
      if (cause instanceof Fenced) return this.#survive(cause, pauseMs);
      logger.warn({ symbol, err: cause }, "the book cannot be rebuilt yet");
    }
    return true;
  }

  /** Nobody is to wait for a symbol that stands still: new orders are refused until it moves again. */
  async #refuseOrders(failedSeq: number | undefined): Promise<void> {
    while (this.#state === "halted")
      try {
        return await failBook(this.#deps.database, this.symbol, failedSeq);
      } catch (error) {
        this.#deps.logger.warn(
          { symbol: this.symbol, err: error },
          "the halt cannot be stored yet",
        );
        await delay(LONGEST_PAUSE_MS);
      }
  }

  async #recover(): Promise<void> {
    const { database, lease } = this.#deps;
    this.#positions.clear();
    this.#owned = await recoverBook(database, this.symbol, lease);
    this.#settledSeq = this.#owned.book.lastSeq;
  }

  async #reopen(): Promise<void> {
    await this.#recover();
    for (const seq of this.#waiting.keys()) if (seq <= this.#settledSeq) this.#waiting.delete(seq);
    this.#gap = true;
    this.#wake();
  }
}

const isResume = ({ command }: SequencedCommand): boolean => command.type === "resume";
