/**
 * A text for a client. While it waits for a slow reader, a newer text with the same `slot` replaces it;
 * a text without a slot is never left out.
 */
export type Message = { readonly text: string; readonly slot?: string };

/** Messages that are sent in one write. The bytes are made once for all readers. */
export type MessageBatch = {
  readonly messages: readonly Message[];
  /** The frames of all messages. */
  readonly all: () => Buffer;
  /** The frames of the messages that may not be left out. */
  readonly required: () => Buffer;
  /** The frames of the messages that a newer one may replace. */
  readonly replaceable: () => readonly { readonly slot: string; readonly bytes: Buffer }[];
};

/** Combines messages; they are framed when a reader first needs the bytes. */
export const createMessageBatch = (messages: readonly Message[]): MessageBatch => ({
  messages,
  all: lazy(() => Buffer.concat(messages.map(({ text }) => frameOf(text)))),
  required: lazy(() =>
    Buffer.concat(messages.flatMap(({ text, slot }) => (slot === undefined ? frameOf(text) : []))),
  ),
  replaceable: lazy(() =>
    messages.flatMap(({ text, slot }) =>
      slot === undefined ? [] : [{ slot, bytes: frameOf(text) }],
    ),
  ),
});

const lazy = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const FINAL_TEXT = 0x81;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/** A text as a server's WebSocket frame: final, unmasked, uncompressed (RFC 6455, section 5.2). */
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

/**
 * Sends a batch to a connection; never waits and never throws. In this process it writes to the socket;
 * in the cloud it posts to the connection through the gateway's management API.
 */
export type Send = (connectionId: string, batch: MessageBatch) => void;
