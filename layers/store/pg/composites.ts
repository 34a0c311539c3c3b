import { CODECS, type Codec } from "./codecs.ts";

/**
 * Rows of a composite type, as one parameter: an array in PostgreSQL's binary format (array_recv
 * and record_recv). Database functions that take rows get them this way: typed, and as one
 * parameter instead of one array for each column.
 */
export class Composites {
  /** Schema and name, such as `trading.order_change`. */
  readonly type: string;
  readonly encode: (typeOid: number) => Buffer;

  constructor(type: string, encode: (typeOid: number) => Buffer) {
    this.type = type;
    this.encode = encode;
  }
}

/** A column of a composite type, filled from an item. */
export type Field<Item> = {
  readonly oid: number;
  /** Bytes of the value; undefined for null. */
  readonly size: (item: Item) => number | undefined;
  readonly write: (target: Buffer, item: Item, at: number) => void;
};

const fieldOf =
  <Value>(codec: Codec<Value>) =>
  <Item>(select: (item: Item) => Value | null | undefined): Field<Item> => ({
    oid: codec.oid,
    size: (item) => {
      const value = select(item);
      return value == null ? undefined : codec.size(value);
    },
    write: (target, item, at) => {
      const value = select(item);
      if (value != null) codec.write(target, value, at);
    },
  });

export const uuid = fieldOf(CODECS.UUID);
export const text = fieldOf(CODECS.TEXT);
export const bigint = fieldOf(CODECS.BIGINT);
export const integer = fieldOf(CODECS.INTEGER);
export const boolean = fieldOf(CODECS.BOOLEAN);
export const bytea = fieldOf(CODECS.BYTEA);
export const timestamp = fieldOf(CODECS.TIMESTAMP);

const ARRAY_HEADER = 20;
const WORD = 4;
const NULL_LENGTH = -1;

/**
 * Describes a composite type once: its fields in the order of the type's columns. The result turns items
 * into a parameter.
 */
export const compositeType =
  <Item>(type: string, fields: readonly Field<Item>[]) =>
  (items: readonly Item[]): Composites =>
    new Composites(type, (typeOid) => encodeArray(typeOid, fields, items));

const encodeArray = <Item>(
  typeOid: number,
  fields: readonly Field<Item>[],
  items: readonly Item[],
): Buffer => {
  const sizes = items.map((item) => rowSize(fields, item));
  const bytes = sizes.reduce((sum, size) => sum + WORD + size, ARRAY_HEADER);
  const array = Buffer.allocUnsafe(bytes);
  array.writeInt32BE(1, 0); // dimensions
  array.writeInt32BE(0, 4); // no element is null
  array.writeInt32BE(typeOid, 8);
  array.writeInt32BE(items.length, 12);
  array.writeInt32BE(1, 16); // the first index
  let at = ARRAY_HEADER;
  items.forEach((item, index) => {
    const size = sizes[index] ?? 0;
    array.writeInt32BE(size, at);
    writeRow(array, fields, item, at + WORD);
    at += WORD + size;
  });
  return array;
};

const rowSize = <Item>(fields: readonly Field<Item>[], item: Item): number =>
  fields.reduce((sum, field) => sum + 2 * WORD + (field.size(item) ?? 0), WORD);

const writeRow = <Item>(
  target: Buffer,
  fields: readonly Field<Item>[],
  item: Item,
  start: number,
): void => {
  target.writeInt32BE(fields.length, start);
  let at = start + WORD;
  for (const { oid, size, write } of fields) {
    const bytes = size(item);
    target.writeInt32BE(oid, at);
    target.writeInt32BE(bytes ?? NULL_LENGTH, at + WORD);
    at += 2 * WORD;
    if (bytes === undefined) continue;
    write(target, item, at);
    at += bytes;
  }
};
