import type { Logger } from "../layers/platform/logger.ts";
import {
  type Lease,
  leaveShards,
  readShards,
  releaseShards,
  renewLeases,
  type ShardMap,
  takeShards,
} from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import { fairShare } from "./fair-share.ts";

/** How long a matcher that does not renew its leases keeps its shards. */
export const LEASE_SECONDS = 3;
/**
 * A command can trade with every order of a book. While the process applies it, it renews no lease:
 * a lease is longer by the time that the largest book may need, on a slow and busy machine.
 */
const ORDERS_PER_SECOND = 5_000;
const LONGEST_LEASE_SECONDS = 30;

/** The length of a lease, in seconds, when the largest book of the matcher has so many orders. */
export const leaseSeconds = (orders: number): number =>
  Math.min(LEASE_SECONDS + Math.floor(orders / ORDERS_PER_SECOND), LONGEST_LEASE_SECONDS);

/** A shard that this process works. */
export type OpenShard = {
  readonly lease: Lease;
  /** Settles when all of its books are open, or one of them could not be opened. */
  readonly opened: Promise<void>;
  /** The number of orders in the largest book of the shard. */
  readonly ordersMax: number;
  /** Finishes the current batches and takes no further ones. */
  readonly close: () => Promise<void>;
};

type Deps<Shard extends OpenShard> = {
  readonly database: Database;
  readonly logger: Logger;
  /**
   * The name of this process. It first takes the shards that a former process of this name held.
   */
  readonly name: string;
  readonly open: (lease: Lease) => Shard;
};

/**
 * The shards of this process: renews their leases, takes its fair share of the free ones, and
 * returns the surplus. Leases only decide which process works a shard. The epoch, which the writing
 * statements check, prevents a process from writing for a shard that it has lost.
 */
export class Ownership<Shard extends OpenShard> {
  readonly #deps: Deps<Shard>;
  readonly #held = new Map<number, Shard>();
  #unowned: readonly number[] = [];
  #turn: Promise<void> = Promise.resolve();
  #begun = false;
  #stopped = false;

  constructor(deps: Deps<Shard>) {
    this.#deps = deps;
  }

  /** The shards this process works. */
  get held(): readonly Shard[] {
    return [...this.#held.values()];
  }

  /** The number of shards without a holder at the last look. */
  get unowned(): readonly number[] {
    return this.#unowned;
  }

  /** One round of renewing, taking and returning; rounds never overlap. */
  tend(): Promise<void> {
    return this.#next(() => this.#tend());
  }

  /**
   * Closes a shard that cannot continue, so that it is opened again, here or by another process.
   */
  giveUp({ shard, epoch }: Lease): void {
    const work = async (): Promise<void> => {
      if (this.#held.get(shard)?.lease.epoch !== epoch) return;
      await this.#close([shard]);
      await this.#tend();
    };
    // The next round makes up for a failure.
    this.#next(work).catch(() => {});
  }

  /**
   * Finishes the current work and returns all shards at once; without a database, other processes
   * must wait until the leases expire.
   */
  stop(): Promise<void> {
    const { database, logger, name } = this.#deps;
    return this.#next(async () => {
      this.#stopped = true;
      await this.#close([...this.#held.keys()]);
      await leaveShards(database, name);
    }).catch((error: unknown) => logger.warn({ err: error }, "shards could not be released"));
  }

  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(() => (this.#stopped ? undefined : work()));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #tend(): Promise<void> {
    const { database, name } = this.#deps;
    const leases = this.held.map(({ lease }) => lease);
    const seconds = leaseSeconds(Math.max(0, ...this.held.map(({ ordersMax }) => ordersMax)));
    const kept = await renewLeases(database, name, leases, seconds);
    await this.#close(leases.map(({ shard }) => shard).filter((shard) => !kept.has(shard)));
    const map = await this.#look();
    const { take, giveBack } = fairShare(name, new Set(this.#held.keys()), map);
    if (giveBack > 0) await this.#close([...this.#held.keys()].slice(-giveBack));
    const superseded = this.#begun ? undefined : name;
    const taking = { holder: name, superseded, shards: take, seconds };
    if (take.length > 0) for (const lease of await takeShards(database, taking)) this.#open(lease);
    this.#begun = true;
    this.#unowned = map.shards
      .filter(({ shard, holder }) => holder === undefined && !this.#held.has(shard))
      .map(({ shard }) => shard);
  }

  /** All shards and their holders. At the start, those held in this process's name count as free. */
  async #look(): Promise<ShardMap> {
    const map = await readShards(this.#deps.database);
    if (this.#begun) return map;
    const { name } = this.#deps;
    const shards = map.shards.map(({ shard, holder }) => ({
      shard,
      holder: holder === name ? undefined : holder,
    }));
    return { ...map, shards };
  }

  #open(lease: Lease): void {
    const { logger, open } = this.#deps;
    const shard = open(lease);
    this.#held.set(lease.shard, shard);
    logger.info(lease, "shard taken");
    shard.opened.catch((error: unknown) => {
      logger.warn({ ...lease, err: error }, "a shard could not be opened");
      this.giveUp(lease);
    });
  }

  /** Stops working shards, then releases their leases, also those that are already lost. */
  async #close(shards: readonly number[]): Promise<void> {
    const { database, logger } = this.#deps;
    const closing = this.held.filter(({ lease }) => shards.includes(lease.shard));
    if (closing.length === 0) return;
    for (const { lease } of closing) this.#held.delete(lease.shard);
    await Promise.all(closing.map((shard) => shard.close()));
    await releaseShards(
      database,
      closing.map(({ lease }) => lease),
    );
    for (const { lease } of closing) logger.info(lease, "shard left");
  }
}
