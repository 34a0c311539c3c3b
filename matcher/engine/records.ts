import { assert } from "./assert.ts";

/**
 * Where the fields of an order stand, in words. The first two words hold its number. PREVIOUS of the
 * first in a queue is the last, so that a level needs no tail.
 *
 * The engine's numbers come in objects and are unpacked where they are used: V8 looks an imported
 * constant up at every use, but knows a constant of the same file when it compiles.
 */
export const ORDER = { OWNER: 2, OPEN: 3, QUANTITY: 4, NEXT: 5, PREVIOUS: 6, PLACE: 7 } as const;
/** How long the record of an order is: half a cache line. */
export const ORDER_WORDS = 8;

const PAGE_BITS = 16;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
const FIRST_RECORDS = 16;
const LEAST_GROWTH = 4;
/** How long a page begins after the first: a whole one would be mostly empty for long. */
const NEXT_RECORDS = PAGE_SIZE / 4;
const WORD = 2 ** 32;
const LOW = 2 ** 31 - 1;

/** There are no more orders than this: with 26 bits for a slot an index entry has room for a tag. */
const SLOT_BITS = 26;
export const SLOTS = { BITS: SLOT_BITS, MOST: 1 << SLOT_BITS } as const;

/** The upper word of a number. The lower one is `number | 0`. */
export const highOf = (value: number): number => (value <= LOW ? 0 : (value / WORD) | 0);

/**
 * Records of equal length in pages of 65,536, addressed by slot. Only the last page grows, by copying
 * itself, an eighth at a time, which keeps small books small; what is full is never copied again, so
 * that no book ever pauses to grow. Slot 0 means none.
 */
export class Records {
  readonly #words: number;
  /** The word that links free records. */
  readonly #link: number;
  /** How many slots there may be: as many as have room where a slot is written. */
  readonly #most: number;
  #first: Int32Array;
  readonly #later: Int32Array[] = [];
  #free = 0;
  #fresh = 1;
  #capacity = FIRST_RECORDS;

  constructor(words: number, link: number, most: number) {
    this.#words = words;
    this.#link = link;
    this.#most = most;
    this.#first = new Int32Array(FIRST_RECORDS * words);
  }

  /** The page that holds a slot. */
  page(slot: number): Int32Array {
    return slot < PAGE_SIZE ? this.#first : this.#laterPage(slot);
  }

  /** The first word of a record within its page. */
  at(slot: number): number {
    return (slot & PAGE_MASK) * this.#words;
  }

  /** A slot for a new record, whose fields hold whatever was there before. */
  take(): number {
    const slot = this.#free;
    if (slot !== 0) {
      this.#free = this.page(slot)[this.at(slot) + this.#link] ?? 0;
      return slot;
    }
    const fresh = this.#fresh;
    if (fresh === this.#capacity) this.#grow();
    this.#fresh = fresh + 1;
    return fresh;
  }

  /** Gives a slot back; the last one given back is the next one taken. */
  give(slot: number): void {
    this.page(slot)[this.at(slot) + this.#link] = this.#free;
    this.#free = slot;
  }

  /** How many slots are in use, counted the slow way: for consistency checks. */
  countTaken(): number {
    let given = 0;
    let slot = this.#free;
    while (slot !== 0) {
      given += 1;
      slot = this.page(slot)[this.at(slot) + this.#link] ?? 0;
    }
    return this.#fresh - 1 - given;
  }

  /** The number of the order that begins here: a whole number from 0 to 2^53. */
  numberAt(page: Int32Array, at: number): number {
    const low = page[at] ?? 0;
    const high = page[at + 1] ?? 0;
    return high === 0 && low >= 0 ? low : high * WORD + (low >>> 0);
  }

  setNumberAt(page: Int32Array, at: number, value: number): void {
    page[at] = value | 0;
    page[at + 1] = highOf(value);
  }

  number(slot: number): number {
    return this.numberAt(this.page(slot), this.at(slot));
  }

  setNumber(slot: number, value: number): void {
    this.setNumberAt(this.page(slot), this.at(slot), value);
  }

  get(slot: number, field: number): number {
    return this.page(slot)[this.at(slot) + field] ?? 0;
  }

  set(slot: number, field: number, value: number): void {
    this.page(slot)[this.at(slot) + field] = value;
  }

  #laterPage(slot: number): Int32Array {
    return this.#later[(slot >>> PAGE_BITS) - 1] ?? this.#first;
  }

  /** Makes the last page longer, or begins another one. */
  #grow(): void {
    const held = this.#capacity & PAGE_MASK;
    if (held === 0) {
      assert(this.#capacity + PAGE_SIZE <= this.#most, "the book is full");
      this.#later.push(new Int32Array(NEXT_RECORDS * this.#words));
      this.#capacity += NEXT_RECORDS;
      return;
    }
    const grown = Math.min(PAGE_SIZE, held + Math.max(LEAST_GROWTH, held >>> 3));
    const longer = new Int32Array(grown * this.#words);
    longer.set(this.#later.at(-1) ?? this.#first);
    if (this.#later.length === 0) this.#first = longer;
    else this.#later[this.#later.length - 1] = longer;
    this.#capacity += grown - held;
  }
}
