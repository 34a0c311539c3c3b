import { Records } from "../records.ts";

/** Sixteen neighbouring keys share a block. */
const TICK_BITS = 4;
const TICKS = 1 << TICK_BITS;
const TICK_MASK = TICKS - 1;
/** And 32 neighbouring blocks share a group. */
const BLOCK_BITS = 5;
const BLOCK_MASK = (1 << BLOCK_BITS) - 1;
/**
 * A block: its first key divided by the length of a block; a bit for each of its ticks that is a
 * level; the levels. A group has the same form: its key, a bit for each of its blocks, and the
 * slots of the blocks.
 */
const KEY = 0;
const MASK = 1;
const LEVELS = 2;
const MEMBERS = 2;
/** The fields of a level: its first order, and the lower 31 bits of its open quantity. */
const HEAD = 0;
const TOTAL = 1;
const LEVEL_WORDS = 2;
const BLOCK_WORDS = LEVELS + TICKS * LEVEL_WORDS;

const LOW = 2 ** 31 - 1;

/** The PLACE of an order has 27 bits for its level, including the tick. */
const MOST_BLOCKS = 1 << (27 - TICK_BITS);

/**
 * The price levels of a book. Sixteen neighbouring keys share a block and 32 blocks share a group,
 * so that a level is found by arithmetic and without comparisons, and the next level by a look at
 * the bits. The address of a level is the slot of its block and its tick in it; level 0 means none.
 */
export class Levels {
  readonly #blocks = new Records(BLOCK_WORDS, KEY, MOST_BLOCKS);
  /** The bits above the lower 31 bits, for the few levels that hold so much. */
  readonly #above = new Map<number, number>();

  /** The page that holds a level. */
  pageOf(level: number): Int32Array {
    return this.#blocks.page(level >>> TICK_BITS);
  }

  /** The first word of a level within its page. */
  offset(level: number): number {
    return this.#blocks.at(level >>> TICK_BITS) + LEVELS + (level & TICK_MASK) * LEVEL_WORDS;
  }

  /** The key of a level: its price, or the negated price on a ladder where low prices are best. */
  key(level: number): number {
    return (this.blockKey(level >>> TICK_BITS) << TICK_BITS) | (level & TICK_MASK);
  }

  /** The first order in the queue of a level. */
  head(level: number): number {
    return this.pageOf(level)[this.offset(level) + HEAD] ?? 0;
  }

  setHead(level: number, slot: number): void {
    this.pageOf(level)[this.offset(level) + HEAD] = slot;
  }

  /** The open quantity of a level. */
  total(level: number): number {
    const low = this.pageOf(level)[this.offset(level) + TOTAL] ?? 0;
    return (this.#above.get(level) ?? 0) * 2 ** 31 + low;
  }

  /** Adds to the open quantity of a level. */
  add(level: number, quantity: number): void {
    const page = this.pageOf(level);
    const at = this.offset(level);
    const low = ((page[at + TOTAL] ?? 0) + quantity) | 0;
    page[at + TOTAL] = low & LOW;
    if (low < 0) this.#carry(level, 1);
  }

  /** Subtracts from the open quantity of a level. */
  subtract(level: number, quantity: number): void {
    const page = this.pageOf(level);
    const at = this.offset(level);
    const low = ((page[at + TOTAL] ?? 0) - quantity) | 0;
    page[at + TOTAL] = low & LOW;
    if (low < 0) this.#carry(level, -1);
  }

  #carry(level: number, carried: number): void {
    const above = (this.#above.get(level) ?? 0) + carried;
    if (above === 0) this.#above.delete(level);
    else this.#above.set(level, above);
  }

  /** A block of a group, or 0. */
  member(group: number, place: number): number {
    return this.#blocks.page(group)[this.#blocks.at(group) + MEMBERS + place] ?? 0;
  }

  addMember(group: number, place: number, block: number): void {
    const page = this.#blocks.page(group);
    const at = this.#blocks.at(group);
    page[at + MASK] = (page[at + MASK] ?? 0) | (1 << place);
    page[at + MEMBERS + place] = block;
  }

  removeMember(group: number, place: number): void {
    const page = this.#blocks.page(group);
    const at = this.#blocks.at(group);
    page[at + MASK] = (page[at + MASK] ?? 0) & ~(1 << place);
    page[at + MEMBERS + place] = 0;
  }

  /**
   * Creates a block or group without content for the keys that begin with this key. Freed records
   * are empty, and so are new ones.
   */
  takeBlock(blockKey: number): number {
    const block = this.#blocks.take();
    const page = this.#blocks.page(block);
    const at = this.#blocks.at(block);
    page[at + KEY] = blockKey;
    page[at + MASK] = 0;
    return block;
  }

  /** Frees a block or group that has become empty. */
  giveBlock(block: number): void {
    this.#blocks.give(block);
  }

  /** How many blocks and groups are in use, counted one by one, for consistency checks. */
  countBlocks(): number {
    return this.#blocks.countTaken();
  }

  blockKey(block: number): number {
    return this.#blocks.page(block)[this.#blocks.at(block) + KEY] ?? 0;
  }

  /** A bit for each tick of a block that is a level, or for each block of a group. */
  mask(block: number): number {
    return this.#blocks.page(block)[this.#blocks.at(block) + MASK] ?? 0;
  }

  setMask(block: number, mask: number): void {
    this.#blocks.page(block)[this.#blocks.at(block) + MASK] = mask;
  }
}

/** How keys and levels are divided into parts. */
export const BLOCK = {
  TICK_BITS,
  TICK_MASK,
  BLOCK_BITS,
  BLOCK_MASK,
  GROUP_BITS: TICK_BITS + BLOCK_BITS,
} as const;
