import { assert } from "./assert.ts";

/**
 * The positions of an order's fields, in words. The first two words hold its number. PREVIOUS of
 * the first order in a queue is the last order, so that a level needs no pointer to its end. The
 * constants of the engine are exported in objects and unpacked where they are used: V8 looks up an
 * imported constant at every use, but knows a constant of the same file when it compiles.
 */
export const ORDER = { OWNER: 2, OPEN: 3, QUANTITY: 4, NEXT: 5, PREVIOUS: 6, PLACE: 7 } as const;
/** The length of an order's record: half a cache line. */
export const ORDER_WORDS = 8;

const PAGE_BITS = 16;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
const FIRST_RECORDS = 16;
const LEAST_GROWTH = 4;
/**
 * The length of every page but the first when it is new: a whole page would be mostly empty for
 * long.
 */
const NEXT_RECORDS = PAGE_SIZE / 4;
const WORD = 2 ** 32;
const LOW = 2 ** 31 - 1;

/** The most orders: with 26 bits for a slot, an index entry has room for a tag. */
const SLOT_BITS = 26;
export const SLOTS = { BITS: SLOT_BITS, MOST: 1 << SLOT_BITS } as const;

/** The upper word of a number. The lower word is `number | 0`. */
export const highOf = (value: number): number => (value <= LOW ? 0 : (value / WORD) | 0);

/**
 * Records of equal length in pages of 65,536, addressed by slot. Only the last page grows: it is
 * copied and made an eighth larger, which keeps small books small. Full pages are never copied
 * again, so no book ever pauses to grow. Slot 0 means none.
 */
export class Records {
  readonly #words: number;
  /** The word that links free records. */
  readonly #link: number;
  /** The most slots: as many as the fields that refer to a slot can hold. */
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

  /** A slot for a new record, whose fields have their earlier content. */
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

  /** Frees a slot; the slot that was freed last is used next. */
  give(slot: number): void {
    this.page(slot)[this.at(slot) + this.#link] = this.#free;
    this.#free = slot;
  }

  /** How many slots are in use, counted one by one, for consistency checks. */
  countTaken(): number {
    let given = 0;
    let slot = this.#free;
    while (slot !== 0) {
      given += 1;
      slot = this.page(slot)[this.at(slot) + this.#link] ?? 0;
    }
    return this.#fresh - 1 - given;
  }

  /** The number of the order at this position: a whole number from 0 to 2^53. */
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

  /** Makes the last page longer, or begins a new page. */
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
