import { Directory } from "./directory.ts";
import { BLOCK, type Levels } from "./levels.ts";

const { TICK_BITS, TICK_MASK } = BLOCK;

/** The best key of a ladder without levels: worse than any. */
const NOWHERE = -(2 ** 31);

/** The levels of one side in order of their keys. The largest key is the best. */
export class Ladder {
  readonly #levels: Levels;
  readonly #directory = new Directory();
  /** The best level, or 0, and its key, or NOWHERE. */
  best = 0;
  bestKey = NOWHERE;

  constructor(levels: Levels) {
    this.#levels = levels;
  }

  /** The level with this key, or 0. */
  find(key: number): number {
    const block = this.#directory.find(key >> TICK_BITS);
    if (block === 0) return 0;
    const tick = key & TICK_MASK;
    return ((this.#levels.mask(block) >>> tick) & 1) === 0 ? 0 : levelOf(block, tick);
  }

  /** The level with this key, made when there is none. */
  open(key: number): number {
    const blockKey = key >> TICK_BITS;
    let block = this.#directory.find(blockKey);
    if (block === 0) {
      block = this.#levels.takeBlock(blockKey);
      this.#directory.addMissing(blockKey, block);
    }
    const tick = key & TICK_MASK;
    const level = levelOf(block, tick);
    this.#levels.setMask(block, this.#levels.mask(block) | (1 << tick));
    if (key > this.bestKey) {
      this.bestKey = key;
      this.best = level;
    }
    return level;
  }

  /** Forgets a level whose queue is empty and whose total is 0. */
  close(level: number): void {
    const levels = this.#levels;
    const block = level >>> TICK_BITS;
    const mask = levels.mask(block) & ~(1 << (level & TICK_MASK));
    if (mask !== 0) {
      levels.setMask(block, mask);
    } else {
      this.#directory.remove(levels.blockKey(block));
      levels.giveBlock(block);
    }
    if (level === this.best) this.#setBest(mask !== 0 ? block : this.#directory.last);
  }

  /** The best level that is worse than this one, or 0. */
  below(level: number): number {
    const block = level >>> TICK_BITS;
    const worse = this.#levels.mask(block) & ((1 << (level & TICK_MASK)) - 1);
    if (worse !== 0) return levelOf(block, highest(worse));
    const next = this.#directory.below(this.#levels.blockKey(block));
    return next === 0 ? 0 : levelOf(next, highest(this.#levels.mask(next)));
  }

  /** Whether there is no level, for consistency checks. */
  isEmpty(): boolean {
    return this.#directory.last === 0;
  }

  #setBest(block: number): void {
    if (block === 0) {
      this.best = 0;
      this.bestKey = NOWHERE;
    } else {
      this.best = levelOf(block, highest(this.#levels.mask(block)));
      this.bestKey = this.#levels.key(this.best);
    }
  }
}

const levelOf = (block: number, tick: number): number => (block << TICK_BITS) | tick;

/** The highest bit that is set. */
const highest = (mask: number): number => 31 - Math.clz32(mask);
