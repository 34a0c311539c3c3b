import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "hdr-histogram-js";

// Many readers in one process, as cheap as possible: they count frames and record when each was
// complete. The benchmark controls them over IPC.

/** The requests of the benchmark. */
export type ClientsRequest =
  | {
      readonly ask: "connect";
      readonly port: number;
      /** The first socket gets the first path, the next socket the next; after the last, the first. */
      readonly paths: readonly string[];
      readonly count: number;
    }
  | { readonly ask: "expect"; readonly frames: number }
  | { readonly ask: "latency"; readonly commits: readonly (readonly [number, bigint])[] }
  | { readonly ask: "texts" }
  | { readonly ask: "disconnect" };

/** The answers of the readers. */
export type ClientsAnswer = {
  readonly ms?: number;
  /** When the last reader had its last frame, by the system's monotonic clock. */
  readonly at?: bigint;
  readonly texts?: readonly string[];
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Events that readers did not get. */
  readonly missed?: number;
};

type Reader = {
  readonly socket: Socket;
  /** Data frames so far, and when each change of the book arrived, by its number. */
  frames: number;
  arrivals: Map<number, bigint>;
  skip: number;
  counts: boolean;
  carry: Buffer;
  /** The first reader keeps everything it reads. */
  kept: Buffer[] | undefined;
};

const AT_ONCE = 50;
const HEAD_MAX = 14;
const WAIT_MS = 60_000;
const IDENTIFIER = JSON.stringify({ channel: "MarketChannel", symbols: ["AAPL"] });
const SUBSCRIBE = JSON.stringify({ command: "subscribe", identifier: IDENTIFIER });
/** Every depth message begins like this, followed by its number. */
const DEPTH = Buffer.from(
  `{"identifier":${JSON.stringify(IDENTIFIER)},"message":{"type":"depth","symbol":"AAPL","first_seq":`,
);
const PEEK = HEAD_MAX + DEPTH.length + 12;
let readers: Reader[] = [];
let expected = Number.POSITIVE_INFINITY;
let reached = 0;
let onReached = (): void => {};

const sizesOf = (data: Buffer, at: number): { readonly head: number; readonly size: number } => {
  const code = (data[at + 1] ?? 0) & 0x7f;
  if (code < 126) return { head: 2, size: code };
  if (code === 126) return { head: 4, size: data.readUInt16BE(at + 2) };
  return { head: 10, size: Number(data.readBigUInt64BE(at + 2)) };
};

const complete = (reader: Reader): void => {
  reader.frames += 1;
  if (reader.frames !== expected) return;
  reached += 1;
  if (reached === readers.length) onReached();
};

/** Data frames begin with `{"identifier"`; welcomes and pings do not and are not counted. */
const read = (reader: Reader, chunk: Buffer): void => {
  const now = process.hrtime.bigint();
  reader.kept?.push(chunk);
  const data = reader.carry.length === 0 ? chunk : Buffer.concat([reader.carry, chunk]);
  reader.carry = Buffer.alloc(0);
  let at = Math.min(reader.skip, data.length);
  if (reader.skip > 0 && reader.skip <= data.length && reader.counts) complete(reader);
  reader.skip -= at;
  while (at < data.length) {
    const left = data.length - at;
    const { head, size } = left < HEAD_MAX ? { head: 0, size: PEEK } : sizesOf(data, at);
    if (left < PEEK && left < head + size) {
      reader.carry = data.subarray(at);
      return;
    }
    const text = at + head;
    reader.counts = data[text + 2] === 0x69;
    if (data.subarray(text, text + DEPTH.length).equals(DEPTH)) {
      const number = data.toString("latin1", text + DEPTH.length, text + DEPTH.length + 12);
      reader.arrivals.set(Number.parseInt(number, 10), now);
    }
    const end = text + size;
    if (end <= data.length && reader.counts) complete(reader);
    reader.skip = Math.max(0, end - data.length);
    at = end;
  }
};

/** A client's text frame; the mask is zero, which the protocol allows. */
const framed = (text: string): Buffer => {
  const size = Buffer.byteLength(text);
  const head = Buffer.from([0x81, 0xfe, size >> 8, size & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(text)]);
};

const open = async (port: number, path: string): Promise<Reader> => {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  const key = randomBytes(16).toString("base64");
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      ...["Host: bench", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      `Sec-WebSocket-Protocol: actioncable-v1-json\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    ].join("\r\n"),
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  const text = answer.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (!text.startsWith("HTTP/1.1 101") || end < 0) throw new Error(`no socket: ${text}`);
  const reader: Reader = {
    ...{
      socket,
      frames: 0,
      arrivals: new Map(),
      skip: 0,
      counts: false,
      carry: Buffer.alloc(0),
      kept: undefined,
    },
  };
  socket.on("data", (chunk: Buffer) => read(reader, chunk));
  read(reader, answer.subarray(end + 4));
  socket.write(framed(SUBSCRIBE));
  return reader;
};

const connectAll = async (request: {
  readonly port: number;
  readonly paths: readonly string[];
  readonly count: number;
}): Promise<ClientsAnswer> => {
  const begun = performance.now();
  const opened: Reader[] = [];
  const work = async (): Promise<void> => {
    while (opened.length + pending < request.count) {
      const path = request.paths[(opened.length + pending) % request.paths.length] ?? "";
      pending += 1;
      const reader = await open(request.port, path);
      pending -= 1;
      opened.push(reader);
    }
  };
  let pending = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const ms = performance.now() - begun;
  readers = opened;
  return { ms };
};

/** Resolves once every reader has so many frames; throws when that takes too long. */
const expectFrames = (frames: number): Promise<ClientsAnswer> => {
  expected = frames;
  reached = readers.filter((reader) => reader.frames >= frames).length;
  return new Promise((resolve, reject) => {
    const missing = () => reject(new Error(`only ${reached} readers have ${frames} frames`));
    const deadline = setTimeout(missing, WAIT_MS);
    onReached = () => {
      clearTimeout(deadline);
      resolve({ at: process.hrtime.bigint() });
    };
    if (reached === readers.length) onReached();
  });
};

const textsOf = (bytes: Buffer): string[] => {
  const texts: string[] = [];
  for (let at = 0; at + HEAD_MAX < bytes.length; ) {
    const { head, size } = sizesOf(bytes, at);
    const text = bytes.toString("utf8", at + head, at + head + size);
    if (text.startsWith('{"identifier"')) texts.push(text);
    at += head + size;
  }
  return texts;
};

const keptTexts = (): string[] => textsOf(Buffer.concat(readers[0]?.kept ?? []));

/** Percentiles over all readers and events, from the commit to the change of the book. */
const latency = async (commits: readonly (readonly [number, bigint])[]): Promise<ClientsAnswer> => {
  const last = commits.at(-1)?.[0] ?? 0;
  const deadline = performance.now() + WAIT_MS;
  while (!readers.every(({ arrivals }) => arrivals.has(last)) && performance.now() < deadline)
    await delay(20);
  let missed = 0; // a reader that the machine kept from reading for too long was disconnected
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  for (const [seq, committedAt] of commits)
    for (const { arrivals } of readers) {
      const arrival = arrivals.get(seq);
      if (arrival === undefined) missed += 1;
      else histogram.recordValue(Math.max(1, Number((arrival - committedAt) / 1_000n)));
    }
  const ms = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  return { p50Ms: ms(50), p99Ms: ms(99), missed };
};

/** Discards what was read, so that the next frame is the first. */
const forget = (): void => {
  for (const [index, reader] of readers.entries()) {
    reader.frames = 0;
    reader.arrivals = new Map();
    reader.kept = index === 0 ? [] : undefined;
  }
};

const handleRequest = async (request: ClientsRequest): Promise<ClientsAnswer> => {
  if (request.ask === "connect") {
    const { ms } = await connectAll(request);
    return ms === undefined ? {} : { ms };
  }
  if (request.ask === "expect") {
    if (request.frames > 0) return expectFrames(request.frames);
    forget();
    return {};
  }
  if (request.ask === "latency") return latency(request.commits);
  if (request.ask === "texts") return { texts: keptTexts() };
  for (const { socket } of readers) socket.destroy();
  readers = [];
  return {};
};

process.on("message", (request: ClientsRequest) => {
  void handleRequest(request).then((said) => process.send?.(said));
});
