import type { Duplex } from "node:stream";
import type { Parcel } from "../protocol/message-batch.ts";

/** Bytes of our own that may wait for a reader before views (quote, order book) are held back. */
export const HOLD_BYTES = 64 * 1024;

/** Bytes that may wait at all. A reader that needs more is too slow, and is told so. */
export const OVERFLOW_BYTES = 512 * 1024;

type Socket = Pick<Duplex, "writableLength" | "on"> & {
  readonly write: (bytes: Buffer) => boolean;
};

/**
 * The bounded way to one reader: a parcel is one write. Views that find the way blocked wait in their
 * slot, where a newer one takes their place; everything else is written in order, or the reader
 * overflows.
 */
export const createOutbox = (
  socket: Socket,
  onOverflow: () => void,
): ((parcel: Parcel) => void) => {
  const waiting = new Map<string, Buffer>();

  // More waits than the socket's own mark whenever views are held back, so this event must come.
  socket.on("drain", () => {
    for (const [slot, bytes] of waiting) {
      if (socket.writableLength > HOLD_BYTES) return;
      waiting.delete(slot);
      socket.write(bytes);
    }
  });

  const hold = (parcel: Parcel): void => {
    for (const { slot, bytes } of parcel.views()) {
      waiting.delete(slot);
      waiting.set(slot, bytes);
    }
  };

  return (parcel) => {
    const backlog = socket.writableLength;
    if (backlog <= HOLD_BYTES) {
      if (waiting.size > 0) for (const { slot } of parcel.messages) waiting.delete(slot ?? "");
      socket.write(parcel.whole()); // one message may be larger than the bound, a backlog may not
      return;
    }
    const steady = parcel.steady();
    if (backlog + steady.length > OVERFLOW_BYTES) {
      onOverflow();
      return;
    }
    if (steady.length > 0) socket.write(steady);
    hold(parcel);
  };
};
