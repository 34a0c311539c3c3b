import { Directory } from "./directory.ts";
import { BLOCK, type Levels } from "./levels.ts";

const { BLOCK_BITS, BLOCK_MASK, GROUP_BITS, TICK_BITS, TICK_MASK } = BLOCK;

/** The best key of a ladder without levels: worse than any key. */
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
    const levels = this.#levels;
    const group = this.#directory.find(key >> GROUP_BITS);
    if (group === 0) return 0;
    const block = levels.member(group, (key >> TICK_BITS) & BLOCK_MASK);
    if (block === 0) return 0;
    const tick = key & TICK_MASK;
    return ((levels.mask(block) >>> tick) & 1) === 0 ? 0 : levelOf(block, tick);
  }

  /** The level with this key, created when there is none. */
  open(key: number): number {
    const levels = this.#levels;
    let group = this.#directory.find(key >> GROUP_BITS);
    if (group === 0) {
      group = levels.takeBlock(key >> GROUP_BITS);
      this.#directory.addMissing(key >> GROUP_BITS, group);
    }
    const blockKey = key >> TICK_BITS;
    let block = levels.member(group, blockKey & BLOCK_MASK);
    if (block === 0) {
      block = levels.takeBlock(blockKey);
      levels.addMember(group, blockKey & BLOCK_MASK, block);
    }
    const tick = key & TICK_MASK;
    const level = levelOf(block, tick);
    levels.setMask(block, levels.mask(block) | (1 << tick));
    if (key > this.bestKey) {
      this.bestKey = key;
      this.best = level;
    }
    return level;
  }

  /** Removes a level whose queue is empty and whose total is 0. */
  close(level: number): void {
    const levels = this.#levels;
    const block = level >>> TICK_BITS;
    const mask = levels.mask(block) & ~(1 << (level & TICK_MASK));
    if (mask !== 0) levels.setMask(block, mask);
    else this.#closeBlock(block);
    if (level === this.best) this.#findBest();
  }

  /** The best level that is worse than this one, or 0. */
  below(level: number): number {
    const levels = this.#levels;
    const block = level >>> TICK_BITS;
    const worse = lowerThan(levels.mask(block), level & TICK_MASK);
    if (worse !== 0) return levelOf(block, highest(worse));
    const blockKey = levels.blockKey(block);
    const groupKey = blockKey >> BLOCK_BITS;
    const group = this.#directory.find(groupKey);
    const worseBlocks = lowerThan(levels.mask(group), blockKey & BLOCK_MASK);
    if (worseBlocks !== 0) return this.#topOf(levels.member(group, highest(worseBlocks)));
    const next = this.#directory.below(groupKey);
    return next === 0 ? 0 : this.#topOf(levels.member(next, highest(levels.mask(next))));
  }

  /** Whether there is no level, for consistency checks. */
  isEmpty(): boolean {
    return this.#directory.last === 0;
  }

  #closeBlock(block: number): void {
    const levels = this.#levels;
    const blockKey = levels.blockKey(block);
    const groupKey = blockKey >> BLOCK_BITS;
    const group = this.#directory.find(groupKey);
    levels.removeMember(group, blockKey & BLOCK_MASK);
    levels.giveBlock(block);
    if (levels.mask(group) !== 0) return;
    this.#directory.removeFound();
    levels.giveBlock(group);
  }

  #findBest(): void {
    const levels = this.#levels;
    const group = this.#directory.last;
    if (group === 0) {
      this.best = 0;
      this.bestKey = NOWHERE;
    } else {
      this.best = this.#topOf(levels.member(group, highest(levels.mask(group))));
      this.bestKey = levels.key(this.best);
    }
  }

  /** The best level of a block. */
  #topOf(block: number): number {
    return levelOf(block, highest(this.#levels.mask(block)));
  }
}

const levelOf = (block: number, tick: number): number => (block << TICK_BITS) | tick;

/** The highest bit that is set. */
const highest = (mask: number): number => 31 - Math.clz32(mask);

/** The bits below a bit. */
const lowerThan = (mask: number, bit: number): number => mask & ~(-1 << bit);
