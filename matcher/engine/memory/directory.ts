/**
 * A run is one array: the count, up to 63 keys in ascending order, and after 64 cells the group of
 * each key.
 */
const COUNT = 0;
const CAPACITY = 63;
const GROUPS = 64;
const LENGTH = 128;
/** As many keys as fit into the first cache line with the count. */
const FEW = 15;
/** Fills the places without a key: larger than any key. */
const BEYOND = 2 ** 30;

const newRun = (): Int32Array => new Int32Array(LENGTH).fill(BEYOND, 1, GROUPS + 1);
const NO_RUN = newRun();

/**
 * Groups of levels in order of their keys: a sorted list cut into runs, so that adding a group moves
 * at most 63 neighbours however many there are.
 */
export class Directory {
  /** Empty before the first group: a book without stops should not pay for their ladders. */
  readonly #runs: Int32Array[] = [];
  /** The first run, which is usually the only run, and the index of the last run. */
  #first = NO_RUN;
  #top = 0;
  /** The first key of every run. */
  #lows = new Int32Array(4);
  /** The group with the largest key, or 0. */
  last = 0;
  /** The end of the last search: the run, and the position in it. */
  #at = 0;
  #place = 1;

  /** The group with this key, or 0. */
  find(key: number): number {
    const run = this.#search(key);
    const place = this.#place;
    return run[place] === key ? (run[GROUPS + place] ?? 0) : 0;
  }

  /** The group with the next smaller key, or 0. */
  below(key: number): number {
    const run = this.#search(key);
    if (this.#place > 1) return run[GROUPS + this.#place - 1] ?? 0;
    if (this.#at === 0) return 0;
    const lower = this.#run(this.#at - 1);
    return lower[GROUPS + (lower[COUNT] ?? 0)] ?? 0;
  }

  /** Adds a group under the key of the last search, which found nothing. */
  addMissing(key: number, group: number): void {
    if (this.#first === NO_RUN) this.#insertRun(0, newRun());
    let run = this.#run(this.#at);
    if (run[COUNT] === CAPACITY) {
      this.#split(this.#at);
      run = this.#search(key);
    }
    const place = this.#place;
    const count = (run[COUNT] ?? 0) + 1;
    for (let at = count; at > place; at -= 1) {
      run[at] = run[at - 1] ?? 0;
      run[GROUPS + at] = run[GROUPS + at - 1] ?? 0;
    }
    run[place] = key;
    run[GROUPS + place] = group;
    run[COUNT] = count;
    if (place === 1) this.#lows[this.#at] = key;
    if (place === count && this.#at === this.#top) this.last = group;
  }

  /** Removes the group that the last search found. */
  removeFound(): void {
    const run = this.#run(this.#at);
    const place = this.#place;
    const count = run[COUNT] ?? 0;
    for (let at = place; at < count; at += 1) {
      run[at] = run[at + 1] ?? 0;
      run[GROUPS + at] = run[GROUPS + at + 1] ?? 0;
    }
    run[count] = BEYOND;
    run[COUNT] = count - 1;
    if (place === 1 && count > 1) this.#lows[this.#at] = run[1] ?? 0;
    const isLast = place === count && this.#at === this.#top;
    if (this.#top > 0 && count <= CAPACITY / 4) this.#mergeRuns(this.#at);
    if (isLast) this.#refreshLast();
  }

  #run(at: number): Int32Array {
    return this.#runs[at] ?? NO_RUN;
  }

  /**
   * Finds the run of a key and, in it, the first place whose key is not smaller. The search halves
   * without branches, because half of the branch predictions would be wrong.
   */
  #search(key: number): Int32Array {
    const run = this.#top === 0 ? this.#first : this.#runFor(key);
    let place = 1;
    if ((run[COUNT] ?? 0) > FEW) {
      place += (((run[32] ?? 0) - key) >> 31) & 32;
      place += (((run[place + 15] ?? 0) - key) >> 31) & 16;
    }
    place += (((run[place + 7] ?? 0) - key) >> 31) & 8;
    place += (((run[place + 3] ?? 0) - key) >> 31) & 4;
    place += (((run[place + 1] ?? 0) - key) >> 31) & 2;
    place += (((run[place] ?? 0) - key) >> 31) & 1;
    this.#place = place;
    return run;
  }

  #runFor(key: number): Int32Array {
    const lows = this.#lows;
    let low = 0;
    let high = this.#top;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((lows[middle] ?? 0) <= key) low = middle;
      else high = middle - 1;
    }
    this.#at = low;
    return this.#run(low);
  }

  #refreshLast(): void {
    const top = this.#run(this.#top);
    const count = top[COUNT] ?? 0;
    this.last = count === 0 ? 0 : (top[GROUPS + count] ?? 0);
  }

  #split(at: number): void {
    const full = this.#run(at);
    const half = CAPACITY >>> 1;
    const upper = newRun();
    upper.set(full.subarray(half + 1, CAPACITY + 1), 1);
    upper.set(full.subarray(GROUPS + half + 1, GROUPS + CAPACITY + 1), GROUPS + 1);
    upper[COUNT] = CAPACITY - half;
    full.fill(BEYOND, half + 1, CAPACITY + 1);
    full[COUNT] = half;
    this.#insertRun(at + 1, upper);
  }

  /**
   * Removes an empty run; joins a short run with a neighbour when both together leave room to grow.
   */
  #mergeRuns(at: number): void {
    if (this.#run(at)[COUNT] === 0) {
      this.#removeRun(at);
      return;
    }
    const first = Math.max(0, at - 1);
    const lower = this.#run(first);
    const upper = this.#run(first + 1);
    const count = lower[COUNT] ?? 0;
    const added = upper[COUNT] ?? 0;
    if (count + added > CAPACITY / 2) return;
    lower.set(upper.subarray(1, added + 1), count + 1);
    lower.set(upper.subarray(GROUPS + 1, GROUPS + added + 1), GROUPS + count + 1);
    lower[COUNT] = count + added;
    this.#removeRun(first + 1);
  }

  #insertRun(at: number, run: Int32Array): void {
    this.#runs.splice(at, 0, run);
    this.#noteRuns(at);
  }

  #removeRun(at: number): void {
    this.#runs.splice(at, 1);
    this.#noteRuns(at);
  }

  /** Updates the cached facts of the runs, from a run on. */
  #noteRuns(from: number): void {
    const runs = this.#runs;
    if (runs.length > this.#lows.length) {
      const longer = new Int32Array(this.#lows.length * 2);
      longer.set(this.#lows);
      this.#lows = longer;
    }
    for (let at = from; at < runs.length; at += 1) this.#lows[at] = this.#run(at)[1] ?? 0;
    this.#first = this.#run(0);
    this.#top = Math.max(0, runs.length - 1);
    this.#at = 0;
  }
}
