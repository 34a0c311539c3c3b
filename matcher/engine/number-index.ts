import { assert } from "../../layers/domain/assert.ts";
import { highOf, offset, type Records } from "./records.ts";

const BLOCKS = 32;
const LANES = 16;
const SIZE = BLOCKS * LANES;
const COUNT = SIZE;
const DEPTH = SIZE + 1;
const FULL = 288;

const NO_SEGMENT = new Int32Array(SIZE + 2);

/**
 * Finds the record of an order by its number: a hash table cut into segments of 512, of which one at
 * a time is split when it fills up, so that no insertion ever rehashes the whole table. Sixteen
 * neighbouring numbers share one cache line, since orders come, and mostly go, in their sequence.
 */
export class NumberIndex {
  readonly #records: Records;
  #directory: Int32Array[] = [new Int32Array(SIZE + 2)];
  #mask = 0;
  /** Where the last search ended. */
  #found: Int32Array = NO_SEGMENT;
  #foundBlock = 0;
  #foundLane = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** The slot whose record has this number, or 0. */
  find(number: number): number {
    const mixed = mix(number);
    const segment = this.#segment(mixed);
    const lane = laneOf(number, mixed);
    const low = number | 0;
    for (let step = 0; step < BLOCKS; step += 1) {
      const slot = segment[position(mixed + step, lane)] ?? 0;
      if (slot === 0) return 0;
      const page = this.#records.page(slot);
      const at = offset(slot);
      if (page[at] === low && page[at + 1] === highOf(number)) {
        this.#found = segment;
        this.#foundBlock = (mixed + step) & (BLOCKS - 1);
        this.#foundLane = lane;
        return slot;
      }
    }
    return 0;
  }

  /** Adds the slot whose record carries a number that is not in the index yet. */
  add(number: number, slot: number): void {
    const mixed = mix(number);
    while (!put(this.#segment(mixed), number, mixed, slot)) this.#split(mixed);
  }

  remove(number: number): void {
    if (this.find(number) !== 0) this.removeFound();
  }

  /** Removes what the last search found, before anything else was added or removed. */
  removeFound(): void {
    const segment = this.#found;
    segment[COUNT] = (segment[COUNT] ?? 0) - 1;
    this.#closeGap(segment, this.#foundLane, this.#foundBlock);
  }

  /** How many numbers are in the index, counted the slow way: for consistency checks. */
  count(): number {
    let sum = 0;
    for (const segment of new Set(this.#directory)) sum += segment[COUNT] ?? 0;
    return sum;
  }

  #segment(mixed: number): Int32Array {
    return this.#directory[(mixed >>> 9) & this.#mask] ?? NO_SEGMENT;
  }

  /** Moves later entries of the lane into the gap, so that no search ends before its goal. */
  #closeGap(segment: Int32Array, lane: number, gap: number): void {
    let hole = gap;
    for (let step = 1; step < BLOCKS; step += 1) {
      const block = (gap + step) & (BLOCKS - 1);
      const slot = segment[position(block, lane)] ?? 0;
      if (slot === 0) break;
      const home = mix(this.#records.number(slot));
      if (((block - home) & (BLOCKS - 1)) >= ((block - hole) & (BLOCKS - 1))) {
        segment[position(hole, lane)] = slot;
        hole = block;
      }
    }
    segment[position(hole, lane)] = 0;
  }

  /** Halves the segment that a hash belongs to; doubles the directory when it must. */
  #split(mixed: number): void {
    const old = this.#segment(mixed);
    const depth = old[DEPTH] ?? 0;
    assert(depth < 32 - 9, "the index of order numbers is full");
    if (1 << depth > this.#mask) {
      this.#directory = this.#directory.concat(this.#directory);
      this.#mask = this.#mask * 2 + 1;
    }
    const halves = [new Int32Array(SIZE + 2), new Int32Array(SIZE + 2)] as const;
    for (const half of halves) half[DEPTH] = depth + 1;
    for (let at = 0; at < SIZE; at += 1) {
      const slot = old[at] ?? 0;
      if (slot === 0) continue;
      const number = this.#records.number(slot);
      const hash = mix(number);
      put(((hash >>> (9 + depth)) & 1) === 0 ? halves[0] : halves[1], number, hash, slot);
    }
    const first = (mixed >>> 9) & ((1 << depth) - 1);
    for (let at = first; at <= this.#mask; at += 1 << depth) {
      this.#directory[at] = (at >>> depth) & 1 ? halves[1] : halves[0];
    }
  }
}

/** Puts a slot into a segment; false when the segment is too full for it. */
const put = (segment: Int32Array, number: number, mixed: number, slot: number): boolean => {
  const count = segment[COUNT] ?? 0;
  if (count >= FULL) return false;
  const lane = laneOf(number, mixed);
  for (let step = 0; step < BLOCKS; step += 1) {
    const at = position(mixed + step, lane);
    if (segment[at] === 0) {
      segment[at] = slot;
      segment[COUNT] = count + 1;
      return true;
    }
  }
  return false;
};

/** Scatters blocks of sixteen numbers: five bits choose a block, four turn the lanes, the rest a segment. */
const mix = (number: number): number => {
  const block = ((number | 0) >>> 4) ^ Math.imul(highOf(number), 0x9e3779b1);
  const scattered = Math.imul(block ^ (block >>> 15), 0x85ebca6b);
  return scattered ^ (scattered >>> 13);
};

const laneOf = (number: number, mixed: number): number => (number ^ (mixed >>> 5)) & (LANES - 1);

const position = (block: number, lane: number): number => ((block & (BLOCKS - 1)) << 4) | lane;
