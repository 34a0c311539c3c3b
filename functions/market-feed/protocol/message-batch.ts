/**
 * One text for a client. While it waits for a slow reader, a newer one of the same slot replaces it;
 * a text without a slot is never left out.
 */
export type Message = { readonly text: string; readonly slot?: string };

/** Messages that belong together and go out in one write. The bytes are made once for all readers. */
export type Parcel = {
  readonly messages: readonly Message[];
  /** All of it, framed. */
  readonly whole: () => Buffer;
  /** What must not be left out, framed. */
  readonly steady: () => Buffer;
  /** What a newer one may replace, framed. */
  readonly views: () => readonly { readonly slot: string; readonly bytes: Buffer }[];
};

/** Packs messages; nothing is framed before somebody asks. */
export const createParcel = (messages: readonly Message[]): Parcel => ({
  messages,
  whole: once(() => Buffer.concat(messages.map(({ text }) => frameOf(text)))),
  steady: once(() =>
    Buffer.concat(messages.flatMap(({ text, slot }) => (slot === undefined ? frameOf(text) : []))),
  ),
  views: once(() =>
    messages.flatMap(({ text, slot }) =>
      slot === undefined ? [] : [{ slot, bytes: frameOf(text) }],
    ),
  ),
});

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const FINAL_TEXT = 0x81;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/** A text as a WebSocket frame of a server: final, not masked, not compressed (RFC 6455, 5.2). */
const frameOf = (text: string): Buffer => {
  const size = Buffer.byteLength(text);
  const head = size < TWO_BYTES ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = FINAL_TEXT;
  if (head === 2) frame[1] = size;
  else if (head === 4) {
    frame[1] = TWO_BYTES;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  frame.write(text, head);
  return frame;
};
