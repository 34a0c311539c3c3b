import { readFile } from "node:fs/promises";

export const MESSAGE = { NEW: 0, CANCEL: 1, MODIFY: 2 } as const;

/** The messages of one scenario in columns. The place of a message is its sequence number. */
export type Messages = {
  readonly length: number;
  readonly kind: Uint8Array;
  /** 0 buys, 1 sells. */
  readonly side: Uint8Array;
  readonly isImmediate: Uint8Array;
  readonly quantity: Int32Array;
  readonly id: Int32Array;
  readonly price: Int32Array;
};

const MAGIC = 0x4d4542575f303031n;
const HEADER_BYTES = 16;
const RECORD_BYTES = 40;
const RECORD_WORDS = RECORD_BYTES / 4;

/**
 * Reads a file that the benchmark's generator wrote. Throws when a value does not fit in 31 bits.
 */
export const readMessages = async (path: string): Promise<Messages> => {
  const bytes = await readFile(path);
  if (bytes.readBigUInt64LE(0) !== MAGIC) throw new Error(`${path} is no file of the generator`);
  const length = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER_BYTES + length * RECORD_BYTES) throw new Error(`${path} is cut off`);
  const words = new Int32Array(
    bytes.buffer,
    bytes.byteOffset + HEADER_BYTES,
    length * RECORD_WORDS,
  );
  /** A field of every record; `upper` is the word above it, which must be zero. */
  const column = (word: number, upper?: number): Int32Array => {
    const values = new Int32Array(length);
    for (let at = 0; at < length; at += 1) {
      const from = at * RECORD_WORDS;
      const value = words[from + word] ?? 0;
      const isSmall = value >= 0 && (upper === undefined || words[from + upper] === 0);
      if (!isSmall) throw new Error(`message ${at} of ${path} has a value beyond 31 bits`);
      values[at] = value;
    }
    return values;
  };
  const flags = (byte: number): Uint8Array => {
    const values = new Uint8Array(length);
    for (let at = 0; at < length; at += 1) {
      values[at] = bytes[HEADER_BYTES + at * RECORD_BYTES + byte] ?? 0;
    }
    return values;
  };
  return {
    length,
    kind: flags(0),
    side: flags(1),
    isImmediate: flags(2),
    quantity: column(1),
    id: column(4, 5),
    price: column(6, 7),
  };
};
