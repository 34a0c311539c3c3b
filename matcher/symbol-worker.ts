import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { ClientId, Ticker } from "../layers/domain/identifiers.ts";
import type { Position } from "../layers/domain/ledger/position.ts";
import type { SequencedCommand } from "../layers/domain/orders/command.ts";
import type { Settlement } from "../layers/domain/orders/settlement.ts";
import type { Clock } from "../layers/platform/clock.ts";
import type { Logger } from "../layers/platform/logger.ts";
import { Unavailable } from "../layers/platform/unavailable.ts";
import { claimBook, failBook } from "../layers/store/matching/books.ts";
import {
  type CommandRow,
  correlationIdsOf,
  readCommands,
} from "../layers/store/matching/commands.ts";
import { Fenced, settle } from "../layers/store/matching/settlement.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import type { Batch } from "./batch.ts";
import { type OwnedBook, rebuildBook } from "./recover.ts";
import { isResume, untilResume } from "./resume.ts";
import { traceCommands } from "./trace-commands.ts";

/** The most commands that are settled in one transaction. */
const BATCH_MAX = 200;
/**
 * A batch ends with the command that reaches so many changed orders and trades: a command can trade
 * with thousands of orders, and a transaction must end before its time-out.
 */
const CHANGES_MAX = 5_000;
/** The most clients whose position in the symbol a worker caches. */
const POSITIONS_MAX = 4_096;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export type SymbolWorkerDeps = {
  readonly database: Database;
  /** For reading and settling the book, which may take long. */
  readonly bookDatabase: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The lease under which this process holds the symbol's shard. */
  readonly lease: Lease;
  /** Called after each commit, never before. */
  readonly onSettled: (settled: {
    readonly settlement: Settlement;
    readonly batch: Batch;
    readonly at: Date;
  }) => void;
  /** Called when this worker must stop because another process owns the symbol. */
  readonly onFenced: (symbol: Ticker) => void;
};

type State = "recovering" | "open" | "halted" | "closed";

/**
 * The result of waiting for a command: `unknown_seq` when PostgreSQL has no command with that
 * number.
 */
type Outcome = "settled" | "unknown_seq" | "stopped";

/** A caller that waits for a command, and how many reads had begun when it asked. */
type Waiter = {
  readonly seq: number;
  readonly looks: number;
  readonly resolve: (outcome: Outcome) => void;
};

/**
 * Works one symbol: reads its commands from PostgreSQL in sequence, applies them to the book and
 * settles them, one batch after the other. Announcements only make it read, so a false, lost, late
 * or duplicated announcement does no harm. The workers of different symbols do not wait for each
 * other.
 */
export class SymbolWorker {
  readonly symbol: Ticker;
  readonly #deps: SymbolWorkerDeps;
  readonly #positions = new LRUCache<ClientId, Position>({ max: POSITIONS_MAX });
  #owned: OwnedBook | undefined;
  #settledSeq = -1;
  #orders = 0;
  /** The commands of the last read, until they are settled. */
  #readRows: readonly CommandRow[] = [];
  #state: State = "recovering";
  #running: Promise<void> | undefined;
  /** Whether there may be commands after the settled ones. */
  #mustLook = false;
  /** The number of reads begun so far. */
  #looks = 0;
  #waiters: readonly Waiter[] = [];

  constructor(symbol: Ticker, deps: SymbolWorkerDeps) {
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
   * The number of orders in the book, by which the work on it can be estimated: before the present
   * batch, and while a book is being rebuilt the number that is stored.
   */
  get orders(): number {
    return this.#orders;
  }

  /**
   * Rebuilds the book; the symbol is closed until this is done. When no book can be built from the
   * stored data, only this symbol is halted; an outage is thrown, and so is Fenced.
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
    this.#answer("settled", ({ seq }) => seq <= this.#settledSeq);
    this.look();
  }

  /** Reads commands after the settled ones, now or after the current batch. */
  look(): void {
    this.#mustLook = true;
    this.#run();
  }

  /** Settles what is stored, and returns whether a command with this number was among it. */
  settleUpTo(seq: number): Promise<Outcome> {
    if (this.#settledSeq >= seq) return Promise.resolve("settled");
    if (this.#state === "halted" || this.#state === "closed") return Promise.resolve("stopped");
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiters = [...this.#waiters, { seq, looks: this.#looks, resolve }];
    this.look();
    return promise;
  }

  /** Finishes the current batch and takes no further commands. */
  async close(): Promise<void> {
    this.#stop("closed");
    await this.#running;
  }

  #stop(state: "halted" | "closed"): void {
    this.#state = state;
    this.#answer("stopped", () => true);
  }

  #answer(outcome: Outcome, isMeant: (waiter: Waiter) => boolean): void {
    const answered = this.#waiters.filter(isMeant);
    if (answered.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !isMeant(waiter));
    for (const { resolve } of answered) resolve(outcome);
  }

  #run(): void {
    if (this.#state !== "open" || this.#running !== undefined) return;
    this.#running = this.#work().finally(() => {
      this.#running = undefined;
      if (this.#mustLook) this.#run();
    });
  }

  async #work(): Promise<void> {
    let pauseMs = PAUSE_MS;
    while (this.#state === "open" && this.#mustLook) {
      try {
        await this.#lookAndSettle();
        pauseMs = PAUSE_MS;
      } catch (error) {
        if (!(await this.#survive(error, pauseMs))) return;
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  /**
   * Processes one batch. A read that finds nothing answers the callers that asked before it began.
   */
  async #lookAndSettle(): Promise<void> {
    this.#mustLook = false;
    this.#looks += 1;
    const look = this.#looks;
    const rows = await readCommands(this.#deps.database, this.symbol, this.#settledSeq, BATCH_MAX);
    if (rows.length === 0) {
      this.#answer("unknown_seq", ({ looks }) => looks < look);
      return;
    }
    this.#readRows = rows;
    await this.#settle(untilResume(rows));
    this.#readRows = [];
    const isWhole = this.#settledSeq === rows.at(-1)?.seq;
    this.#mustLook ||= rows.length === BATCH_MAX || !isWhole;
    this.#answer("settled", ({ seq }) => seq <= this.#settledSeq);
    // The remaining callers may have asked for a number that does not exist: only another read can
    // tell.
    this.#mustLook ||= this.#waiters.length > 0;
  }

  async #settle(commands: readonly SequencedCommand[]): Promise<void> {
    const owned = this.#owned;
    if (owned === undefined) throw new Unavailable(`${this.symbol} has no book`);
    const at = this.#deps.clock();
    const batch = owned.book.apply(commands, CHANGES_MAX);
    const settlement = owned.book.settlement(batch);
    const applied = commands.filter(({ seq }) => seq <= batch.lastSeq);
    const endStep = traceCommands(applied, ({ traceparent }) => traceparent, at);
    endStep("match");
    const owner = { epoch: owned.epoch, settledAt: at, positions: this.#positions };
    await settle(this.#deps.bookDatabase, settlement, owner);
    endStep("settle");
    this.#settledSeq = batch.lastSeq;
    this.#orders = owned.book.orders;
    this.#deps.onSettled({ settlement, batch, at });
    const correlationIds = applied.map(({ correlationId }) => correlationId);
    this.#deps.logger.debug({ symbol: this.symbol, correlationIds }, "commands settled");
    // The tick and lot sizes may have changed while the symbol was halted.
    if (applied.some(isResume)) await this.#reopen();
  }

  /**
   * After an outage the book has commands that may not be settled, so it is rebuilt from what is
   * stored; the watermark tells whether an interrupted commit took place. Any other error is a
   * defect: the symbol is halted with an alarm, and the other symbols continue. Returns whether
   * this worker may continue.
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
      const failedSeq = Math.max(this.#settledSeq + 1, this.#readRows.at(-1)?.seq ?? -1);
      const correlationIds = correlationIdsOf(this.#readRows);
      this.#stop("halted");
      logger.error(
        { symbol, err: error, after: this.#settledSeq, correlationIds },
        "symbol halted by an error",
      );
      await this.#refuseOrders(failedSeq);
      return false;
    }
    logger.warn({ symbol, err: error }, "settlement interrupted; rebuilding the book");
    this.#mustLook = true;
    await delay(pauseMs);
    try {
      await this.#reopen();
    } catch (cause) {
      if (cause instanceof Fenced) return this.#survive(cause, pauseMs);
      logger.warn({ symbol, err: cause }, "the book cannot be rebuilt yet");
    }
    return true;
  }

  /** Stores the halt, so that new orders are refused instead of waiting for a halted symbol. */
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
    const { bookDatabase, lease } = this.#deps;
    this.#positions.clear();
    const claimed = await claimBook(bookDatabase, this.symbol, lease);
    this.#orders = claimed.orders;
    this.#owned = await rebuildBook(bookDatabase, this.symbol, claimed);
    this.#settledSeq = this.#owned.book.lastSeq;
  }

  async #reopen(): Promise<void> {
    await this.#recover();
    this.#mustLook = true;
    this.#answer("settled", ({ seq }) => seq <= this.#settledSeq);
  }
}
