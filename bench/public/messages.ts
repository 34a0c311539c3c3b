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

/** Reads a file that the benchmark's generator wrote. Throws when a value has no room in 31 bits. */
export const readMessages = async (path: string): Promise<Messages> => {
  const bytes = await readFile(path);
  if (bytes.readBigUInt64LE(0) !== MAGIC) throw new Error(`${path} is no file of the generator`);
  const length = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER_BYTES + length * RECORD_BYTES) throw new Error(`${path} is cut off`);
  const column = (offset: number, upper: number): Int32Array =>
    Int32Array.from({ length }, (_, at) => {
      const from = HEADER_BYTES + at * RECORD_BYTES + offset;
      const value = bytes.readInt32LE(from);
      const isSmall = value >= 0 && (upper === 0 || bytes.readInt32LE(from + 4) === 0);
      if (!isSmall) throw new Error(`message ${at} of ${path} has a value beyond 31 bits`);
      return value;
    });
  const flags = (offset: number): Uint8Array =>
    Uint8Array.from({ length }, (_, at) => bytes[HEADER_BYTES + at * RECORD_BYTES + offset] ?? 0);
  return {
    length,
    kind: flags(0),
    side: flags(1),
    isImmediate: flags(2),
    quantity: column(4, 0),
    id: column(16, 4),
    price: column(24, 4),
  };
};
