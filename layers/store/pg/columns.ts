/**
 * Columns of many rows, each as one parameter that `unnest` turns into rows: arrays in PostgreSQL's
 * binary format (array_recv: dimensions, flags, element type, length, lower bound, then a length
 * and the bytes of each element). As text, a batch of a few hundred orders costs several times as
 * much to write here and to read there.
 */
export type Codec<Value> = {
  /** The element type's object id, which never changes (pg_type.dat). */
  readonly oid: number;
  readonly size: (value: Value) => number;
  readonly write: (target: Buffer, value: Value, at: number) => void;
};

const HEADER = 20;
const LENGTH = 4;
const NULL_LENGTH = -1;

const columnOf =
  <Value>({ oid, size, write }: Codec<Value>) =>
  <Item>(
    items: readonly Item[],
    of: (item: Item, index: number) => Value | null | undefined,
  ): Buffer => {
    const values = items.map(of);
    let bytes = HEADER;
    for (const value of values) bytes += LENGTH + (value == null ? 0 : size(value));
    const column = Buffer.allocUnsafe(bytes);
    column.writeInt32BE(1, 0);
    column.writeInt32BE(1, 4); // there may be nulls
    column.writeInt32BE(oid, 8);
    column.writeInt32BE(values.length, 12);
    column.writeInt32BE(1, 16);
    let at = HEADER;
    for (const value of values) {
      const length = value == null ? 0 : size(value);
      column.writeInt32BE(value == null ? NULL_LENGTH : length, at);
      if (value != null) write(column, value, at + LENGTH);
      at += LENGTH + length;
    }
    return column;
  };

const UUID: Codec<string> = {
  oid: 2950,
  size: () => 16,
  write: (target, id, at) => {
    const written = target.write(id.replaceAll("-", ""), at, 16, "hex");
    if (written !== 16) throw new TypeError(`no UUID: ${id}`);
  },
};
/** A column of `uuid[]`. */
export const uuids = columnOf(UUID);

const TEXT: Codec<string> = {
  oid: 25,
  size: Buffer.byteLength,
  write: (target, text, at) => {
    target.write(text, at);
  },
};
/** A column of `text[]`. */
export const texts = columnOf(TEXT);

const BIGINT: Codec<bigint | number> = {
  oid: 20,
  size: () => 8,
  write: (target, value, at) => {
    if (typeof value === "bigint") target.writeBigInt64BE(value, at);
    else writeSafeInteger(target, value, at);
  },
};
/** A column of `bigint[]`: money, quantities, numbers in a sequence. */
export const bigints = columnOf(BIGINT);

const INTEGER: Codec<number> = {
  oid: 23,
  size: () => 4,
  write: (target, value, at) => {
    target.writeInt32BE(value, at);
  },
};
/** A column of `integer[]`. */
export const integers = columnOf(INTEGER);

const BOOLEAN: Codec<boolean> = {
  oid: 16,
  size: () => 1,
  write: (target, value, at) => {
    target.writeUInt8(value ? 1 : 0, at);
  },
};
/** A column of `boolean[]`. */
export const booleans = columnOf(BOOLEAN);

const BYTEA: Codec<Buffer> = {
  oid: 17,
  size: (bytes) => bytes.length,
  write: (target, bytes, at) => {
    bytes.copy(target, at);
  },
};
/** A column of `bytea[]`. */
export const byteas = columnOf(BYTEA);

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
/** A column of `timestamptz[]`. */
export const timestamps = columnOf(TIMESTAMP);

/** The element types, for composite types that use them. */
export const CODECS = { UUID, TEXT, BIGINT, INTEGER, BOOLEAN, BYTEA, TIMESTAMP };

/** Writes an integer beyond 32 bits without creating a bigint. */
const writeSafeInteger = (target: Buffer, value: number, at: number): void => {
  if (!Number.isSafeInteger(value)) throw new TypeError(`no safe integer: ${value}`);
  target.writeInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value >>> 0, at + 4);
};
