/** The end of an order: its engine number and its end in milliseconds since 1970. */
type End = { readonly endsAt: number; readonly order: number };

/**
 * The end times of the orders of one book, soonest first: a binary heap. An order that left the
 * book earlier stays in it until its end; the caller ignores orders it no longer knows.
 */
export class EndTimes {
  readonly #heap: End[] = [];

  /** Adds the end of an order, in milliseconds since 1970. */
  add(order: number, endsAt: number): void {
    const heap = this.#heap;
    const end = { endsAt, order };
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(end, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = end;
  }

  /** Removes and returns the orders whose end is at or before `now`, by end and then by number. */
  takeDue(now: number): readonly number[] {
    const due: number[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.endsAt <= now; ) {
      due.push(first.order);
      this.#removeFirst();
      first = this.#heap[0];
    }
    return due;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#earlier(left, left + 1);
      const below = heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }

  #earlier(left: number, right: number): number {
    const [first, second] = [this.#heap[left], this.#heap[right]];
    return first !== undefined && second !== undefined && isBefore(second, first) ? right : left;
  }
}

const isBefore = (left: End, right: End): boolean =>
  left.endsAt < right.endsAt || (left.endsAt === right.endsAt && left.order < right.order);
