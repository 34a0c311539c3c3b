/** A rung is one array: first the keys in ascending order, then their levels, then the count. */
const CAPACITY = 64;
const COUNT = 2 * CAPACITY;
/** A stretch this short is walked: guessing the next step wrong costs more than taking it. */
const SHORT = 8;

const NO_RUNG = new Int32Array(COUNT + 1);

/**
 * The levels of one side in order of their keys: a sorted list cut into rungs, so that adding a level
 * moves at most 64 neighbours however many there are. The largest key is the best.
 */
export class Ladder {
  readonly #rungs: Int32Array[] = [new Int32Array(COUNT + 1)];
  /** The first key of every rung. */
  #lows = new Int32Array(4);
  #best = 0;
  /** Where the last search ended. */
  #at = 0;
  #index = 0;

  /** The best level, or 0. */
  get best(): number {
    return this.#best;
  }

  /** The level with this key, or 0. */
  find(key: number): number {
    const rung = this.#search(key);
    const index = this.#index;
    const found = index < (rung[COUNT] ?? 0) && rung[index] === key;
    return found ? (rung[CAPACITY + index] ?? 0) : 0;
  }

  /** The best level that is worse than this key, or 0. */
  below(key: number): number {
    const rung = this.#search(key);
    if (this.#index > 0) return rung[CAPACITY + this.#index - 1] ?? 0;
    if (this.#at === 0) return 0;
    const lower = this.#rung(this.#at - 1);
    return lower[CAPACITY + (lower[COUNT] ?? 0) - 1] ?? 0;
  }

  /** Adds a level under the key that `find` has just been asked for in vain. */
  addMissing(key: number, level: number): void {
    let rung = this.#rung(this.#at);
    if (rung[COUNT] === CAPACITY) {
      this.#split(this.#at);
      rung = this.#search(key);
    }
    const index = this.#index;
    const count = rung[COUNT] ?? 0;
    for (let at = count; at > index; at -= 1) {
      rung[at] = rung[at - 1] ?? 0;
      rung[CAPACITY + at] = rung[CAPACITY + at - 1] ?? 0;
    }
    rung[index] = key;
    rung[CAPACITY + index] = level;
    rung[COUNT] = count + 1;
    if (index === 0) this.#lows[this.#at] = key;
    if (index === count && this.#at === this.#rungs.length - 1) this.#best = level;
  }

  /** Removes a key that must be there. */
  remove(key: number): void {
    const rung = this.#search(key);
    const last = (rung[COUNT] ?? 0) - 1;
    for (let at = this.#index; at < last; at += 1) {
      rung[at] = rung[at + 1] ?? 0;
      rung[CAPACITY + at] = rung[CAPACITY + at + 1] ?? 0;
    }
    rung[COUNT] = last;
    if (this.#index === 0 && last > 0) this.#lows[this.#at] = rung[0] ?? 0;
    const isBest = this.#index === last && this.#at === this.#rungs.length - 1;
    if (last < CAPACITY / 4 && this.#rungs.length > 1) this.#tidy(this.#at);
    if (isBest) this.#refreshBest();
  }

  #rung(at: number): Int32Array {
    return this.#rungs[at] ?? NO_RUNG;
  }

  /** Finds the rung of a key and, in it, the first place whose key is not below. */
  #search(key: number): Int32Array {
    const rung = this.#rungFor(key);
    let low = 0;
    let high = rung[COUNT] ?? 0;
    while (high - low > SHORT) {
      const middle = (low + high) >>> 1;
      if ((rung[middle] ?? 0) < key) low = middle;
      else high = middle;
    }
    while (high > low && (rung[high - 1] ?? 0) >= key) high -= 1;
    this.#index = high;
    return rung;
  }

  #rungFor(key: number): Int32Array {
    const lows = this.#lows;
    let low = 0;
    let high = this.#rungs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((lows[middle] ?? 0) <= key) low = middle;
      else high = middle - 1;
    }
    this.#at = low;
    return this.#rung(low);
  }

  #refreshBest(): void {
    const top = this.#rung(this.#rungs.length - 1);
    const count = top[COUNT] ?? 0;
    this.#best = count === 0 ? 0 : (top[CAPACITY + count - 1] ?? 0);
  }

  #split(at: number): void {
    const full = this.#rung(at);
    const half = CAPACITY / 2;
    const upper = new Int32Array(COUNT + 1);
    upper.set(full.subarray(half, CAPACITY));
    upper.set(full.subarray(CAPACITY + half, COUNT), CAPACITY);
    upper[COUNT] = CAPACITY - half;
    full[COUNT] = half;
    this.#rungs.splice(at + 1, 0, upper);
    this.#rewriteLows(at + 1);
  }

  /** Drops an empty rung; joins a short one with a neighbour when both together leave room to grow. */
  #tidy(at: number): void {
    if (this.#rung(at)[COUNT] === 0) {
      this.#rungs.splice(at, 1);
      this.#rewriteLows(at);
      return;
    }
    const first = Math.max(0, at - 1);
    const lower = this.#rung(first);
    const upper = this.#rung(first + 1);
    const count = lower[COUNT] ?? 0;
    const added = upper[COUNT] ?? 0;
    if (count + added > CAPACITY / 2) return;
    lower.set(upper.subarray(0, added), count);
    lower.set(upper.subarray(CAPACITY, CAPACITY + added), CAPACITY + count);
    lower[COUNT] = count + added;
    this.#rungs.splice(first + 1, 1);
    this.#rewriteLows(first + 1);
  }

  /** Writes the first keys anew from one rung on. */
  #rewriteLows(from: number): void {
    if (this.#rungs.length > this.#lows.length) {
      const longer = new Int32Array(this.#lows.length * 2);
      longer.set(this.#lows);
      this.#lows = longer;
    }
    for (let at = from; at < this.#rungs.length; at += 1) {
      this.#lows[at] = this.#rung(at)[0] ?? 0;
    }
  }
}
