import type { Ticker } from "../layers/domain/identifiers.ts";
import type { Semaphore } from "../layers/platform/semaphore.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { listBooks } from "../layers/store/matching/books.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import { Consumer, type IgnoredReason } from "./consumer.ts";
import type { OpenShard } from "./ownership.ts";
import { SymbolWorker, type SymbolWorkerDeps } from "./symbol-worker.ts";

type ShardDeps = Omit<SymbolWorkerDeps, "lease" | "onFenced"> & {
  readonly queue: Queue;
  /** Limits how many books are rebuilt at once in this process. */
  readonly rebuilding: Semaphore;
  /** Called when another process has taken the shard over. */
  readonly onFenced: (lease: Lease) => void;
  /** Called for each message of the queue that had no effect. */
  readonly onIgnored: (reason: IgnoredReason) => void;
};

/** A shard this process holds: a worker for each of its symbols, and the consumer of its queue. */
export class Shard implements OpenShard {
  readonly lease: Lease;
  readonly queue: Queue;
  readonly opened: Promise<void>;
  readonly #deps: ShardDeps;
  readonly #workers = new Map<string, SymbolWorker>();
  readonly #consumer: Consumer;
  #closed = false;

  constructor(deps: ShardDeps, lease: Lease) {
    this.#deps = deps;
    this.lease = lease;
    this.queue = deps.queue;
    this.#consumer = new Consumer({
      queue: deps.queue,
      logger: deps.logger,
      workerOf: (symbol) => this.#workers.get(symbol),
      onIgnored: deps.onIgnored,
    });
    this.opened = listBooks(deps.database, [lease.shard]).then((symbolsOf) =>
      this.openWorkers(symbolsOf(lease.shard)),
    );
  }

  get workers(): ReadonlyMap<string, SymbolWorker> {
    return this.#workers;
  }

  get ordersMax(): number {
    return Math.max(0, ...[...this.#workers.values()].map(({ orders }) => orders));
  }

  /** Starts a worker for every symbol of the shard that has none yet. */
  async openWorkers(symbols: readonly Ticker[]): Promise<void> {
    const missing = symbols.filter((symbol) => !this.#workers.has(symbol));
    await Promise.all(missing.map((symbol) => this.#openWorker(symbol)));
    if (!this.#closed) this.#consumer.start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Received messages end with their workers, and the consumer's last pass may wait for those.
    await Promise.all([
      this.#consumer.stop(),
      ...[...this.#workers.values()].map((worker) => worker.close()),
    ]);
  }

  async #openWorker(symbol: Ticker): Promise<void> {
    if (this.#closed) return;
    const { lease } = this;
    const onFenced = () => this.#deps.onFenced(lease);
    const worker = new SymbolWorker(symbol, { ...this.#deps, lease, onFenced });
    this.#workers.set(symbol, worker);
    try {
      await this.#deps.rebuilding(() => worker.open());
    } catch (error) {
      this.#workers.delete(symbol);
      throw error;
    }
  }
}

/** The state of each symbol of these shards. */
export const symbolStates = (shards: readonly Shard[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    shards.flatMap(({ workers }) =>
      [...workers].map(([symbol, worker]) => [symbol, worker.state] as const),
    ),
  );
