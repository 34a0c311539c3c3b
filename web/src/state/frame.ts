import { batch } from "@preact/signals";

/** Twenty renderings a second are as many as a person can follow. */
const PAUSE_MS = 50;

const waiting = new Map<string, () => void>();
let scheduled = false;
let flushedAt = Number.NEGATIVE_INFINITY;

const flush = (): void => {
  scheduled = false;
  flushedAt = performance.now();
  const changes = [...waiting.values()];
  waiting.clear();
  batch(() => {
    for (const change of changes) change();
  });
};

const schedule = (): void => {
  const pauseMs = flushedAt + PAUSE_MS - performance.now();
  if (pauseMs <= 0) requestAnimationFrame(flush);
  else setTimeout(() => requestAnimationFrame(flush), pauseMs);
};

/**
 * Applies a change in one of the next frames. A later change with the same key replaces it, so a busy market costs a bounded
 * number of renderings, and a hidden page none.
 */
export const atNextFrame = (key: string, change: () => void): void => {
  waiting.set(key, change);
  if (scheduled) return;
  scheduled = true;
  schedule();
};
