/** Where the fields of a record stand, in words. The first two words hold one double, the number. */
export const OWNER = 2;
export const OPEN = 3;
export const QUANTITY = 4;
export const NEXT = 5;
export const PREVIOUS = 6;
export const PLACE = 7;

const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const RECORD_BYTES = 32;

const NO_WORDS = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);

/** The first word of a record within its page. */
export const offset = (slot: number): number => (slot & PAGE_MASK) << 3;

/**
 * Records of 32 bytes in pages of 1,024, addressed by slot. Pages never move, so that a large book
 * grows by one small allocation at a time instead of by copying itself. Slot 0 means none.
 */
export class Records {
  readonly #words: Int32Array[] = [];
  readonly #numbers: Float64Array[] = [];
  #free = 0;
  #fresh = 1;

  /** The page that holds a slot; the fields of the slot begin at `offset(slot)`. */
  page(slot: number): Int32Array {
    return this.#words[slot >>> PAGE_BITS] ?? NO_WORDS;
  }

  number(slot: number): number {
    return this.#numbers[slot >>> PAGE_BITS]?.[(slot & PAGE_MASK) << 2] ?? 0;
  }

  setNumber(slot: number, value: number): void {
    const page = this.#numbers[slot >>> PAGE_BITS] ?? NO_NUMBERS;
    page[(slot & PAGE_MASK) << 2] = value;
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
    if (this.#fresh >>> PAGE_BITS === this.#words.length) this.#addPage();
    const fresh = this.#fresh;
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

  #addPage(): void {
    const memory = new ArrayBuffer(RECORD_BYTES << PAGE_BITS);
    this.#words.push(new Int32Array(memory));
    this.#numbers.push(new Float64Array(memory));
  }
}
