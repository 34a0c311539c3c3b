import type { WebSocket } from "ws";
import type { Frame } from "./hub.ts";

/** Bytes of our own that may wait for a reader before views (quote, order book) are held back. */
export const HOLD_BYTES = 64 * 1024;

/** Bytes that may wait at all. A reader that needs more is too slow, and is told so. */
export const OVERFLOW_BYTES = 512 * 1024;

type Socket = Pick<WebSocket, "bufferedAmount"> & {
  readonly send: (
    data: Buffer,
    options: { readonly binary: boolean },
    done: (error?: Error | null) => void,
  ) => void;
};

/**
 * The bounded way to one reader. Views that find the way blocked wait in their slot, where a newer
 * one takes their place; everything else is written in order, or the reader overflows.
 */
export const createOutbox = (socket: Socket, onOverflow: () => void): ((frame: Frame) => void) => {
  const waiting = new Map<string, Buffer>();

  const write = (data: Buffer): void => socket.send(data, { binary: false }, release);

  const release = (): void => {
    for (const [slot, data] of waiting) {
      if (socket.bufferedAmount > HOLD_BYTES) return;
      waiting.delete(slot);
      write(data);
    }
  };

  return ({ data, slot }) => {
    if (slot !== undefined) {
      waiting.delete(slot);
      if (socket.bufferedAmount > HOLD_BYTES) {
        waiting.set(slot, data);
        return;
      }
    }
    // One message may be larger than the bound, a backlog may not.
    const backlog = socket.bufferedAmount;
    if (backlog > HOLD_BYTES && backlog + data.length > OVERFLOW_BYTES) onOverflow();
    else write(data);
  };
};
