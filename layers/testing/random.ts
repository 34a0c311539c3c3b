/** The seed of this run: tests print it, and SEED repeats a run. */
export const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** Whole numbers below a limit, the same for the same seed (mulberry32). */
export const randomBelow = (seed: number): ((limit: number) => number) => {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
};
