import { batch } from "@preact/signals";

const waiting = new Map<string, () => void>();
let scheduled = false;

const flush = (): void => {
  scheduled = false;
  const changes = [...waiting.values()];
  waiting.clear();
  batch(() => {
    for (const change of changes) change();
  });
};

/**
 * Applies a change at the next frame. A later change with the same key replaces it, so a busy market costs one
 * rendering a frame, and a hidden page none.
 */
export const atNextFrame = (key: string, change: () => void): void => {
  waiting.set(key, change);
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(flush);
};
