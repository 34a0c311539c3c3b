/** How the values of a type are written in PostgreSQL's binary format. */
export type Codec<Value> = {
  /** The type's object id, which never changes (pg_type.dat). */
  readonly oid: number;
  readonly size: (value: Value) => number;
  readonly write: (target: Buffer, value: Value, at: number) => void;
};

const UUID: Codec<string> = {
  oid: 2950,
  size: () => 16,
  write: (target, id, at) => {
    const written = target.write(id.replaceAll("-", ""), at, 16, "hex");
    if (written !== 16) throw new TypeError(`no UUID: ${id}`);
  },
};
const TEXT: Codec<string> = {
  oid: 25,
  size: Buffer.byteLength,
  write: (target, text, at) => {
    target.write(text, at);
  },
};
const BIGINT: Codec<bigint | number> = {
  oid: 20,
  size: () => 8,
  write: (target, value, at) => {
    if (typeof value === "bigint") target.writeBigInt64BE(value, at);
    else writeSafeInteger(target, value, at);
  },
};
const INTEGER: Codec<number> = {
  oid: 23,
  size: () => 4,
  write: (target, value, at) => {
    target.writeInt32BE(value, at);
  },
};
const BOOLEAN: Codec<boolean> = {
  oid: 16,
  size: () => 1,
  write: (target, value, at) => {
    target.writeUInt8(value ? 1 : 0, at);
  },
};
const BYTEA: Codec<Buffer> = {
  oid: 17,
  size: (bytes) => bytes.length,
  write: (target, bytes, at) => {
    bytes.copy(target, at);
  },
};
/** PostgreSQL counts the microseconds from 2000-01-01 (src/include/datatype/timestamp.h). */
const EPOCH_MS = Date.UTC(2000, 0, 1);

const TIMESTAMP: Codec<Date> = {
  oid: 1184,
  size: () => 8,
  write: (target, value, at) => {
    // In the year 2286 the microseconds exceed the safe integers.
    target.writeBigInt64BE(BigInt(value.getTime() - EPOCH_MS) * 1_000n, at);
  },
};
export const CODECS = { UUID, TEXT, BIGINT, INTEGER, BOOLEAN, BYTEA, TIMESTAMP };

/** Writes an integer beyond 32 bits without creating a bigint. */
const writeSafeInteger = (target: Buffer, value: number, at: number): void => {
  if (!Number.isSafeInteger(value)) throw new TypeError(`no safe integer: ${value}`);
  target.writeInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value >>> 0, at + 4);
};
