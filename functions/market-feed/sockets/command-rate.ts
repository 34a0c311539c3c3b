const BURST = 60;
const A_SECOND = 20;

/** A bound on how many frames one connection may send: a burst, then so many a second. */
export const createAllowance = (now: () => number = () => performance.now()) => {
  let left = BURST;
  let at = now();
  return (): boolean => {
    const elapsed = now() - at;
    at += elapsed;
    left = Math.min(BURST, left + (elapsed * A_SECOND) / 1_000);
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};
