import { assert } from "../assert.ts";
import { highOf, type Records, SLOTS } from "../records.ts";

const { BITS: SLOT_BITS } = SLOTS;
const BLOCKS = 32;
const LANES = 16;
const SIZE = BLOCKS * LANES;
const COUNT = SIZE;
const DEPTH = SIZE + 1;
const FULL = 352;

/**
 * An entry is a slot below five bits of the number's hash; no entry is 0, a removed entry is GONE.
 */
const GONE = -1;
const SLOT = 2 ** SLOT_BITS - 1;

const NO_SEGMENT = new Int32Array(SIZE + 2);

/**
 * Finds the record of an order by its number: a hash table in segments of 512 entries. A full
 * segment is split alone, so that no insertion ever rehashes the whole table. Sixteen neighbouring
 * numbers share a cache line, because orders arrive, and mostly end, in sequence.
 */
export class NumberIndex {
  readonly #orders: Records;
  #directory: Int32Array[] = [new Int32Array(SIZE + 2)];
  #mask = 0;
  /** The end of the last search. */
  #found: Int32Array = NO_SEGMENT;
  #foundAt = 0;

  constructor(orders: Records) {
    this.#orders = orders;
  }

  /** The slot whose record has this number, or 0. */
  find(number: number): number {
    const hash = hashOf(number);
    const segment = this.#segment(hash);
    const start = laneOf(number, hash);
    const tag = tagOf(hash);
    for (let step = 0; step < BLOCKS; step += 1) {
      const at = position(hash + step, start);
      const entry = segment[at] ?? 0;
      if (entry === 0) return 0;
      if ((entry ^ tag) >>> SLOT_BITS === 0 && this.#isNumbered(entry & SLOT, number)) {
        if (this.#found !== segment) this.#found = segment;
        this.#foundAt = at;
        return entry & SLOT;
      }
    }
    return 0;
  }

  /** Adds the slot of a record whose number is not in the index yet. */
  add(number: number, slot: number): void {
    const hash = hashOf(number);
    const entry = slot | tagOf(hash);
    while (!put(this.#segment(hash), laneOf(number, hash), hash, entry)) this.#split(hash);
  }

  remove(number: number): void {
    if (this.find(number) !== 0) this.removeFound();
  }

  /** Removes the entry that the last search found; nothing may have been added or removed since. */
  removeFound(): void {
    const segment = this.#found;
    const at = this.#foundAt;
    const isLast = segment[(at + LANES) & (SIZE - 1)] === 0;
    segment[at] = isLast ? 0 : GONE;
    segment[COUNT] = (segment[COUNT] ?? 0) - 1;
  }

  /** How many numbers are in the index, counted one by one, for consistency checks. */
  count(): number {
    let sum = 0;
    for (const segment of new Set(this.#directory)) sum += segment[COUNT] ?? 0;
    return sum;
  }

  #isNumbered(slot: number, number: number): boolean {
    const page = this.#orders.page(slot);
    const at = this.#orders.at(slot);
    return page[at] === (number | 0) && page[at + 1] === highOf(number);
  }

  #segment(hash: number): Int32Array {
    return this.#directory[(hash >>> 9) & this.#mask] ?? NO_SEGMENT;
  }

  /** Splits the segment of a hash; doubles the directory when necessary. */
  #split(hash: number): void {
    const old = this.#segment(hash);
    const depth = old[DEPTH] ?? 0;
    assert(depth < 32 - 9, "the index of order numbers is full");
    if (1 << depth > this.#mask) {
      this.#directory = this.#directory.concat(this.#directory);
      this.#mask = this.#mask * 2 + 1;
    }
    const halves = [new Int32Array(SIZE + 2), new Int32Array(SIZE + 2)] as const;
    for (const half of halves) half[DEPTH] = depth + 1;
    for (let at = 0; at < SIZE; at += 1) {
      const entry = old[at] ?? 0;
      if (entry === 0 || entry === GONE) continue;
      const number = this.#orders.number(entry & SLOT);
      const home = hashOf(number);
      const half = ((home >>> (9 + depth)) & 1) === 0 ? halves[0] : halves[1];
      put(half, laneOf(number, home), home, entry);
    }
    const first = (hash >>> 9) & ((1 << depth) - 1);
    for (let at = first; at <= this.#mask; at += 1 << depth) {
      this.#directory[at] = (at >>> depth) & 1 ? halves[1] : halves[0];
    }
  }
}

/** Puts an entry into a segment; false when the segment is too full for it. */
const put = (segment: Int32Array, start: number, hash: number, entry: number): boolean => {
  const count = segment[COUNT] ?? 0;
  if (count >= FULL) return false;
  for (let step = 0; step < BLOCKS; step += 1) {
    const at = position(hash + step, start);
    const found = segment[at];
    if (found === 0 || found === GONE) {
      segment[at] = entry;
      segment[COUNT] = count + 1;
      return true;
    }
  }
  return false;
};

/**
 * Scatters blocks of sixteen numbers: five bits choose a block, four rotate the places in it, the
 * rest choose a segment.
 */
const hashOf = (number: number): number => {
  const block = ((number | 0) >>> 4) ^ Math.imul(highOf(number), 0x9e3779b1);
  const scattered = Math.imul(block ^ (block >>> 15), 0x85ebca6b);
  return scattered ^ (scattered >>> 13);
};

const laneOf = (number: number, hash: number): number => (number ^ (hash >>> 5)) & (LANES - 1);

/**
 * Five bits of the hash above the bits of a slot; the sign bit stays free, so that no entry is
 * GONE.
 */
const tagOf = (hash: number): number => (hash >>> 27) << SLOT_BITS;

const position = (block: number, start: number): number => ((block & (BLOCKS - 1)) << 4) | start;
