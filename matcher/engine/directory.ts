/** A run is one array: up to 63 keys in ascending order, then their blocks, then the count. */
const CAPACITY = 63;
const BLOCKS = 64;
const COUNT = 127;
const LENGTH = 128;
/** Stands where no key is: above any. */
const BEYOND = 2 ** 30;

const newRun = (): Int32Array => new Int32Array(LENGTH).fill(BEYOND, 0, BLOCKS);
const NO_RUN = newRun();

/**
 * Blocks of levels in order of their keys: a sorted list cut into runs, so that adding a block moves
 * at most 63 neighbours however many there are.
 */
export class Directory {
  /** None before the first block: a book without stops should not pay for their ladders. */
  readonly #runs: Int32Array[] = [];
  /** The first key of every run. */
  #lows = new Int32Array(4);
  /** The block with the largest key, or 0. */
  last = 0;
  /** Where the last search ended. */
  #at = 0;
  #index = 0;

  /** The block with this key, or 0. */
  find(key: number): number {
    const run = this.#search(key);
    const index = this.#index;
    return run[index] === key ? (run[BLOCKS + index] ?? 0) : 0;
  }

  /** The block with the next smaller key, or 0. */
  below(key: number): number {
    const run = this.#search(key);
    if (this.#index > 0) return run[BLOCKS + this.#index - 1] ?? 0;
    if (this.#at === 0) return 0;
    const lower = this.#run(this.#at - 1);
    return lower[BLOCKS + (lower[COUNT] ?? 0) - 1] ?? 0;
  }

  /** Adds a block under the key that `find` has just been asked for in vain. */
  addMissing(key: number, block: number): void {
    if (this.#runs.length === 0) this.#runs.push(newRun());
    let run = this.#run(this.#at);
    if (run[COUNT] === CAPACITY) {
      this.#split(this.#at);
      run = this.#search(key);
    }
    const index = this.#index;
    const count = run[COUNT] ?? 0;
    for (let at = count; at > index; at -= 1) {
      run[at] = run[at - 1] ?? 0;
      run[BLOCKS + at] = run[BLOCKS + at - 1] ?? 0;
    }
    run[index] = key;
    run[BLOCKS + index] = block;
    run[COUNT] = count + 1;
    if (index === 0) this.#lows[this.#at] = key;
    if (index === count && this.#at === this.#runs.length - 1) this.last = block;
  }

  /** Removes a key that must be there. */
  remove(key: number): void {
    const run = this.#search(key);
    const end = (run[COUNT] ?? 0) - 1;
    for (let at = this.#index; at < end; at += 1) {
      run[at] = run[at + 1] ?? 0;
      run[BLOCKS + at] = run[BLOCKS + at + 1] ?? 0;
    }
    run[end] = BEYOND;
    run[COUNT] = end;
    if (this.#index === 0 && end > 0) this.#lows[this.#at] = run[0] ?? 0;
    const isLast = this.#index === end && this.#at === this.#runs.length - 1;
    if (end < CAPACITY / 4 && this.#runs.length > 1) this.#tidy(this.#at);
    if (isLast) this.#refreshLast();
  }

  #run(at: number): Int32Array {
    return this.#runs[at] ?? NO_RUN;
  }

  /**
   * Finds the run of a key and, in it, the first place whose key is not below. It halves without
   * branching: guessing which half it is would be wrong every other time.
   */
  #search(key: number): Int32Array {
    const run = this.#runs.length <= 1 ? this.#run(0) : this.#runFor(key);
    let index = (((run[31] ?? 0) - key) >> 31) & 32;
    index += (((run[index + 15] ?? 0) - key) >> 31) & 16;
    index += (((run[index + 7] ?? 0) - key) >> 31) & 8;
    index += (((run[index + 3] ?? 0) - key) >> 31) & 4;
    index += (((run[index + 1] ?? 0) - key) >> 31) & 2;
    index += (((run[index] ?? 0) - key) >> 31) & 1;
    this.#index = index;
    return run;
  }

  #runFor(key: number): Int32Array {
    const lows = this.#lows;
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((lows[middle] ?? 0) <= key) low = middle;
      else high = middle - 1;
    }
    this.#at = low;
    return this.#run(low);
  }

  #refreshLast(): void {
    const top = this.#run(this.#runs.length - 1);
    const count = top[COUNT] ?? 0;
    this.last = count === 0 ? 0 : (top[BLOCKS + count - 1] ?? 0);
  }

  #split(at: number): void {
    const full = this.#run(at);
    const half = CAPACITY >>> 1;
    const upper = newRun();
    upper.set(full.subarray(half, CAPACITY));
    upper.set(full.subarray(BLOCKS + half, BLOCKS + CAPACITY), BLOCKS);
    upper[COUNT] = CAPACITY - half;
    full.fill(BEYOND, half, CAPACITY);
    full[COUNT] = half;
    this.#runs.splice(at + 1, 0, upper);
    this.#rewriteLows(at + 1);
  }

  /** Drops an empty run; joins a short one with a neighbour when both together leave room to grow. */
  #tidy(at: number): void {
    if (this.#run(at)[COUNT] === 0) {
      this.#runs.splice(at, 1);
      this.#rewriteLows(at);
      return;
    }
    const first = Math.max(0, at - 1);
    const lower = this.#run(first);
    const upper = this.#run(first + 1);
    const count = lower[COUNT] ?? 0;
    const added = upper[COUNT] ?? 0;
    if (count + added > CAPACITY / 2) return;
    lower.set(upper.subarray(0, added), count);
    lower.set(upper.subarray(BLOCKS, BLOCKS + added), BLOCKS + count);
    lower[COUNT] = count + added;
    this.#runs.splice(first + 1, 1);
    this.#rewriteLows(first + 1);
  }

  /** Writes the first keys anew from one run on. */
  #rewriteLows(from: number): void {
    if (this.#runs.length > this.#lows.length) {
      const longer = new Int32Array(this.#lows.length * 2);
      longer.set(this.#lows);
      this.#lows = longer;
    }
    for (let at = from; at < this.#runs.length; at += 1) {
      this.#lows[at] = this.#run(at)[0] ?? 0;
    }
    this.#at = 0;
  }
}
