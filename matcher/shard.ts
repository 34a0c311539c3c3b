import type { Ticker } from "../layers/domain/identifiers.ts";
import type { Semaphore } from "../layers/platform/semaphore.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { listBooks } from "../layers/store/matching/books.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import { Consumer } from "./consume.ts";
import { Lane, type LaneDeps } from "./lane.ts";
import type { OpenShard } from "./ownership.ts";

export type ShardDeps = Omit<LaneDeps, "lease" | "onFenced"> & {
  readonly queue: Queue;
  /** Bounds how many books are rebuilt at once in this process. */
  readonly rebuilding: Semaphore;
  /** Called when somebody else has taken the shard over. */
  readonly onFenced: (lease: Lease) => void;
};

/** A shard this process holds: a lane for each of its symbols, and the consumer of its queue. */
export class Shard implements OpenShard {
  readonly lease: Lease;
  readonly queue: Queue;
  readonly opened: Promise<void>;
  readonly #deps: ShardDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #consumer: Consumer;
  #closed = false;

  constructor(deps: ShardDeps, lease: Lease) {
    this.#deps = deps;
    this.lease = lease;
    this.queue = deps.queue;
    this.#consumer = new Consumer({
      queue: deps.queue,
      logger: deps.logger,
      laneOf: (symbol) => this.#lanes.get(symbol),
    });
    this.opened = listBooks(deps.database, [lease.shard]).then((symbolsOf) =>
      this.openLanes(symbolsOf(lease.shard)),
    );
  }

  get lanes(): ReadonlyMap<string, Lane> {
    return this.#lanes;
  }

  /** Opens a lane for every symbol of the shard that has none yet. */
  async openLanes(symbols: readonly Ticker[]): Promise<void> {
    const missing = symbols.filter((symbol) => !this.#lanes.has(symbol));
    await Promise.all(missing.map((symbol) => this.#openLane(symbol)));
    if (!this.#closed) this.#consumer.start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Messages in hand end with their lanes, and the consumer's last pass may wait for those.
    await Promise.all([
      this.#consumer.stop(),
      ...[...this.#lanes.values()].map((lane) => lane.close()),
    ]);
  }

  async #openLane(symbol: Ticker): Promise<void> {
    if (this.#closed) return;
    const { lease } = this;
    const onFenced = () => this.#deps.onFenced(lease);
    const lane = new Lane(symbol, { ...this.#deps, lease, onFenced });
    this.#lanes.set(symbol, lane);
    try {
      await this.#deps.rebuilding(() => lane.open());
    } catch (error) {
      this.#lanes.delete(symbol);
      throw error;
    }
  }
}

/** What a matcher says of its symbols. */
export const laneStates = (shards: readonly Shard[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    shards.flatMap(({ lanes }) =>
      [...lanes].map(([symbol, lane]) => [symbol, lane.state] as const),
    ),
  );
