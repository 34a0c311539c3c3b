/** The kinds of report, as the benchmark numbers them. */
export const REPORT = {
  ORDER_ACK: 0,
  TRADE: 1,
  CANCEL_ACK: 2,
  MODIFY_ACK: 3,
  CANCEL_REJECT: 4,
  MODIFY_REJECT: 5,
} as const;

/**
 * Where the fields of a report are, in words of a record of 64 bytes: the benchmark's own layout. Wide
 * fields have a second word, which stays 0 because all values are below 2^31.
 */
export const FIELD = {
  KIND_AND_SIDE: 0,
  SEQUENCE: 2,
  ORDER: 4,
  PRICE: 6,
  QUANTITY: 8,
  MAKER: 10,
  TAKER: 12,
} as const;
export const RECORD_WORDS = 16;

/** How many reports fit in the ring, as in the benchmark's own queue. */
const CAPACITY = 2 ** 20;
export const RING_MASK = CAPACITY - 1;
/** Reports become visible to the reader in batches of this many, and at the end. */
const BATCH_MASK = 63;

/** The words that writer and reader share: the position of each, and whether the writer is done. */
export const CONTROL = { WRITTEN: 0, READ: 16, DONE: 32, WORDS: 48 } as const;

const { KIND_AND_SIDE, SEQUENCE, ORDER, PRICE, QUANTITY, MAKER, TAKER } = FIELD;
const { WRITTEN, READ, DONE } = CONTROL;

/** Memory that one thread writes reports to and another reads them from. */
export type Ring = { readonly records: Int32Array; readonly control: Int32Array };

export const createRing = (): Ring => ({
  records: new Int32Array(new SharedArrayBuffer(CAPACITY * RECORD_WORDS * 4)),
  control: new Int32Array(new SharedArrayBuffer(CONTROL.WORDS * 4)),
});

/** The writing end of a ring. It waits when the ring is full, so no report is lost. */
export class ReportWriter {
  readonly #records: Int32Array;
  readonly #control: Int32Array;
  #next = 0;
  /** The writer may write up to this position; the reader may have freed more since it was read. */
  #limit = CAPACITY;

  constructor({ records, control }: Ring) {
    this.#records = records;
    this.#control = control;
  }

  /** Writes any report but a trade. */
  write(
    kind: number,
    side: number,
    sequence: number,
    order: number,
    price: number,
    quantity: number,
  ): void {
    const at = this.#begin();
    const records = this.#records;
    records[at + KIND_AND_SIDE] = kind | (side << 8);
    records[at + SEQUENCE] = sequence;
    records[at + ORDER] = order;
    records[at + PRICE] = price;
    records[at + QUANTITY] = quantity;
    records[at + MAKER] = 0;
    records[at + TAKER] = 0;
    this.#end();
  }

  trade(sequence: number, price: number, quantity: number, maker: number, taker: number): void {
    const at = this.#begin();
    const records = this.#records;
    records[at + KIND_AND_SIDE] = REPORT.TRADE;
    records[at + SEQUENCE] = sequence;
    records[at + ORDER] = taker;
    records[at + PRICE] = price;
    records[at + QUANTITY] = quantity;
    records[at + MAKER] = maker;
    records[at + TAKER] = taker;
    this.#end();
  }

  /** Makes every report visible: part of the time that is measured. */
  flush(): void {
    Atomics.store(this.#control, WRITTEN, this.#next);
  }

  /** Tells the reader that nothing more comes. */
  finish(): void {
    this.flush();
    Atomics.store(this.#control, DONE, 1);
  }

  #begin(): number {
    if (this.#next === this.#limit) this.#awaitRoom();
    return (this.#next & RING_MASK) * RECORD_WORDS;
  }

  #end(): void {
    this.#next += 1;
    if ((this.#next & BATCH_MASK) === 0) this.flush();
  }

  #awaitRoom(): void {
    this.flush();
    do this.#limit = Atomics.load(this.#control, READ) + CAPACITY;
    while (this.#next === this.#limit);
  }
}
