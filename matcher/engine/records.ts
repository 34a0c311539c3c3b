/** Where the fields of a record stand, in words. The first two words hold one whole number. */
export const OWNER = 2;
export const OPEN = 3;
export const QUANTITY = 4;
export const NEXT = 5;
export const PREVIOUS = 6;
export const PLACE = 7;

const PAGE_BITS = 16;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
const FIRST_RECORDS = 64;
const RECORD_WORDS = 8;
const WORD = 2 ** 32;
const LOW = 2 ** 31 - 1;

const NO_WORDS = new Int32Array(0);

/** The first word of a record within its page. */
export const offset = (slot: number): number => (slot & PAGE_MASK) << 3;

/** The number of the record that begins here: a whole number from 0 to 2^53. */
export const numberAt = (page: Int32Array, at: number): number => {
  const low = page[at] ?? 0;
  const high = page[at + 1] ?? 0;
  return high === 0 && low >= 0 ? low : high * WORD + (low >>> 0);
};

export const setNumberAt = (page: Int32Array, at: number, value: number): void => {
  page[at] = value | 0;
  page[at + 1] = highOf(value);
};

/** The upper word of a number. The lower one is `number | 0`. */
export const highOf = (value: number): number => (value <= LOW ? 0 : (value / WORD) | 0);

/**
 * Records of 32 bytes in pages of 65,536, addressed by slot. Only the first page grows by copying
 * itself, which keeps small books small; after that pages are added, so that no book ever pauses to
 * grow. Slot 0 means none.
 */
export class Records {
  #first = new Int32Array(FIRST_RECORDS * RECORD_WORDS);
  readonly #later: Int32Array[] = [];
  #free = 0;
  #fresh = 1;

  /** The page that holds a slot; the fields of the slot begin at `offset(slot)`. */
  page(slot: number): Int32Array {
    return slot < PAGE_SIZE ? this.#first : (this.#later[(slot >>> PAGE_BITS) - 1] ?? NO_WORDS);
  }

  number(slot: number): number {
    return numberAt(this.page(slot), offset(slot));
  }

  setNumber(slot: number, value: number): void {
    setNumberAt(this.page(slot), offset(slot), value);
  }

  get(slot: number, field: number): number {
    return this.page(slot)[offset(slot) + field] ?? 0;
  }

  set(slot: number, field: number, value: number): void {
    this.page(slot)[offset(slot) + field] = value;
  }

  /** A slot for a new record, whose fields hold whatever was there before. */
  take(): number {
    const slot = this.#free;
    if (slot !== 0) {
      this.#free = this.get(slot, NEXT);
      return slot;
    }
    const fresh = this.#fresh;
    if (offset(fresh) === this.page(fresh).length || offset(fresh) === 0) this.#grow(fresh);
    this.#fresh = fresh + 1;
    return fresh;
  }

  /** Gives a slot back; the last one given back is the next one taken. */
  give(slot: number): void {
    this.set(slot, NEXT, this.#free);
    this.#free = slot;
  }

  /** How many slots are in use, counted the slow way: for consistency checks. */
  countTaken(): number {
    let given = 0;
    for (let slot = this.#free; slot !== 0; slot = this.get(slot, NEXT)) given += 1;
    return this.#fresh - 1 - given;
  }

  /** Makes room for a slot that no page has room for. */
  #grow(slot: number): void {
    if (slot < PAGE_SIZE) {
      const longer = new Int32Array(this.#first.length * 2);
      longer.set(this.#first);
      this.#first = longer;
    } else {
      this.#later.push(new Int32Array(PAGE_SIZE * RECORD_WORDS));
    }
  }
}
