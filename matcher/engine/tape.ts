/** The kinds of event on the tape. The methods that write an event say what its cells hold. */
export const KIND = {
  ACCEPTED: 0,
  RESTED: 1,
  ARMED: 2,
  STOP_TRIGGERED: 3,
  TRADED: 4,
  PREVENTED: 5,
  CANCELLED: 6,
  EXPIRED: 7,
  REJECTED: 8,
  PLACE_REJECTED: 9,
  REPLACED: 10,
  CANCEL_REJECTED: 11,
  EXPIRE_REJECTED: 12,
  REPLACE_REJECTED: 13,
  HALTED: 14,
  RESUMED: 15,
} as const;

/** The number of cells of an event. */
export const STRIDE = 8;

const FIRST_EVENTS = 8;

/**
 * The events of the current command, as numbers in an array that is reused for every command.
 * Writing an event allocates nothing; only an answer longer than all before makes the array grow.
 */
export class Tape {
  cells = new Float64Array(FIRST_EVENTS * STRIDE);
  /** How many events are on the tape. */
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Writes an event of up to five values, whose meaning depends on the kind. */
  write(kind: number, a: number, b: number, c: number, d: number, e: number): void {
    const at = this.#next();
    const { cells } = this;
    cells[at] = kind;
    cells[at + 1] = a;
    cells[at + 2] = b;
    cells[at + 3] = c;
    cells[at + 4] = d;
    cells[at + 5] = e;
  }

  /** Writes an event with little more than its kind. */
  note(kind: number, detail: number): void {
    const at = this.#next();
    this.cells[at] = kind;
    this.cells[at + 1] = detail;
  }

  /** The position of the next event; makes room for it. */
  #next(): number {
    const at = this.length * STRIDE;
    this.length += 1;
    if (at === this.cells.length) {
      const longer = new Float64Array(at * 2);
      longer.set(this.cells);
      this.cells = longer;
    }
    return at;
  }

  /**
   * Writes a meeting of two orders: a trade, or a prevented trade with its mode as the last value.
   */
  meet(
    kind: number,
    maker: number,
    taker: number,
    price: number,
    byMaker: number,
    byTaker: number,
    makerOpen: number,
    takerOpen: number,
  ): void {
    const at = this.#next();
    const { cells } = this;
    cells[at] = kind;
    cells[at + 1] = maker;
    cells[at + 2] = taker;
    cells[at + 3] = price;
    cells[at + 4] = byMaker;
    cells[at + 5] = byTaker;
    cells[at + 6] = makerOpen;
    cells[at + 7] = takerOpen;
  }
}
