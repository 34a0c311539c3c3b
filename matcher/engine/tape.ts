/** The kinds of event on the tape. What each cell of an event holds is said where it is written. */
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

/** How many cells one event takes. */
export const STRIDE = 8;

const FIRST_EVENTS = 8;

/**
 * The events of the command in hand, as numbers in one array that is used again for every command.
 * Writing an event allocates nothing; only an answer longer than any before makes the array grow.
 */
export class Tape {
  cells = new Float64Array(FIRST_EVENTS * STRIDE);
  /** How many events are on the tape. */
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Writes an event of up to five values; what they mean depends on the kind. */
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

  /** Writes an event that says little more than its kind. */
  note(kind: number, detail: number): void {
    const at = this.#next();
    this.cells[at] = kind;
    this.cells[at + 1] = detail;
  }

  /** Where the next event begins; makes room for it. */
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

  /** Writes the meeting of two orders: a trade, or a prevented one with its mode as the last value. */
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
