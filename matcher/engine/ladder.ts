const CAPACITY = 64;

/** A run of neighbouring levels, worst first. */
type Rung = { readonly keys: Int32Array; readonly levels: Int32Array; count: number };

const newRung = (): Rung => ({
  keys: new Int32Array(CAPACITY),
  levels: new Int32Array(CAPACITY),
  count: 0,
});

/**
 * The levels of one side in order of their keys: a sorted list cut into short runs, so that adding a
 * level moves at most 64 neighbours however many there are. The largest key is the best.
 */
export class Ladder {
  readonly #rungs: Rung[] = [newRung()];
  #best = 0;

  /** The best level, or 0. */
  get best(): number {
    return this.#best;
  }

  /** The level with this key, or 0. */
  find(key: number): number {
    const rung = this.#rung(this.#rungAt(key));
    const at = firstAtLeast(rung, key);
    return at < rung.count && rung.keys[at] === key ? (rung.levels[at] ?? 0) : 0;
  }

  /** The best level that is worse than this key, or 0. */
  below(key: number): number {
    let at = this.#rungAt(key);
    let index = firstAtLeast(this.#rung(at), key) - 1;
    if (index < 0) {
      at -= 1;
      if (at < 0) return 0;
      index = this.#rung(at).count - 1;
    }
    return this.#rung(at).levels[index] ?? 0;
  }

  /** Adds a level under a key that must not be there yet. */
  add(key: number, level: number): void {
    let at = this.#rungAt(key);
    if (this.#rung(at).count === CAPACITY) {
      this.#split(at);
      at = this.#rungAt(key);
    }
    const rung = this.#rung(at);
    const { keys, levels, count } = rung;
    let index = count;
    for (; index > 0 && (keys[index - 1] ?? 0) > key; index -= 1) {
      keys[index] = keys[index - 1] ?? 0;
      levels[index] = levels[index - 1] ?? 0;
    }
    keys[index] = key;
    levels[index] = level;
    rung.count = count + 1;
    this.#refreshBest();
  }

  /** Removes a key that must be there. */
  remove(key: number): void {
    const at = this.#rungAt(key);
    const rung = this.#rung(at);
    const { keys, levels } = rung;
    const last = rung.count - 1;
    for (let index = firstAtLeast(rung, key); index < last; index += 1) {
      keys[index] = keys[index + 1] ?? 0;
      levels[index] = levels[index + 1] ?? 0;
    }
    rung.count = last;
    if (last < CAPACITY / 4 && this.#rungs.length > 1) this.#tidy(at);
    this.#refreshBest();
  }

  #rung(at: number): Rung {
    return this.#rungs[at] ?? newRung();
  }

  /** The rung that holds a key, or would. */
  #rungAt(key: number): number {
    const rungs = this.#rungs;
    let low = 0;
    let high = rungs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((rungs[middle]?.keys[0] ?? 0) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #refreshBest(): void {
    const last = this.#rungs[this.#rungs.length - 1];
    this.#best = last === undefined || last.count === 0 ? 0 : (last.levels[last.count - 1] ?? 0);
  }

  #split(at: number): void {
    const full = this.#rung(at);
    const upper = newRung();
    const half = CAPACITY / 2;
    upper.keys.set(full.keys.subarray(half));
    upper.levels.set(full.levels.subarray(half));
    upper.count = CAPACITY - half;
    full.count = half;
    this.#rungs.splice(at + 1, 0, upper);
  }

  /** Drops an empty rung; joins a short one with a neighbour when both together leave room to grow. */
  #tidy(at: number): void {
    if (this.#rung(at).count === 0) {
      this.#rungs.splice(at, 1);
      return;
    }
    const first = at === 0 ? 0 : at - 1;
    const lower = this.#rung(first);
    const upper = this.#rung(first + 1);
    if (lower.count + upper.count > CAPACITY / 2) return;
    lower.keys.set(upper.keys.subarray(0, upper.count), lower.count);
    lower.levels.set(upper.levels.subarray(0, upper.count), lower.count);
    lower.count += upper.count;
    this.#rungs.splice(first + 1, 1);
  }
}

/** The first place in a rung whose key is not below the given one. */
const firstAtLeast = (rung: Rung, key: number): number => {
  const { keys } = rung;
  let low = 0;
  let high = rung.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};
