import type { Duplex } from "node:stream";
import type { MessageBatch } from "../protocol/message-batch.ts";

/** When more bytes than this wait for a reader, replaceable messages are held back. */
export const HOLD_BACK_BYTES = 64 * 1024;

/** When more bytes than this would wait, the reader is disconnected. */
export const OVERFLOW_BYTES = 512 * 1024;

type Socket = Pick<Duplex, "writableLength" | "on"> & {
  readonly write: (bytes: Buffer) => boolean;
};

/**
 * Returns a function that sends batches to one reader, each in one write, with a bound on the bytes that
 * wait. While much waits, replaceable messages are held back and only the newest of a slot is sent
 * later; all others are written in order, until the buffer overflows.
 */
export const createSendBuffer = (
  socket: Socket,
  onOverflow: () => void,
): ((batch: MessageBatch) => void) => {
  const heldBack = new Map<string, Buffer>();

  // HOLD_BACK_BYTES is above the socket's own high-water mark, so this event follows when any is held.
  socket.on("drain", () => {
    for (const [slot, bytes] of heldBack) {
      if (socket.writableLength > HOLD_BACK_BYTES) return;
      heldBack.delete(slot);
      socket.write(bytes);
    }
  });

  const holdBack = (batch: MessageBatch): void => {
    for (const { slot, bytes } of batch.replaceable()) {
      heldBack.delete(slot);
      heldBack.set(slot, bytes);
    }
  };

  return (batch) => {
    const waitingBytes = socket.writableLength;
    if (waitingBytes <= HOLD_BACK_BYTES) {
      if (heldBack.size > 0) for (const { slot } of batch.messages) heldBack.delete(slot ?? "");
      socket.write(batch.all()); // a single batch may be larger than the limit
      return;
    }
    const required = batch.required();
    if (waitingBytes + required.length > OVERFLOW_BYTES) {
      onOverflow();
      return;
    }
    if (required.length > 0) socket.write(required);
    holdBack(batch);
  };
};
