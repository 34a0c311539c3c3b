import { createHash } from "node:crypto";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  CONTROL,
  createRing,
  FIELD,
  RECORD_WORDS,
  REPORT,
  ReportWriter,
  RING_MASK,
  type Ring,
} from "./reports.ts";

const { WRITTEN, READ, DONE } = CONTROL;
const { KIND_AND_SIDE, SEQUENCE, ORDER, PRICE, QUANTITY, MAKER, TAKER } = FIELD;

export type Drained = { readonly count: number; readonly sha256: string };

type Drain = { readonly writer: ReportWriter; readonly finish: () => Promise<Drained> };

/** Starts a thread that reads reports while they are written, and hashes them when all are there. */
export const startDrain = async (most: number): Promise<Drain> => {
  const ring = createRing();
  const worker = new Worker(new URL(import.meta.url), { workerData: { ring, most } });
  await new Promise((resolve) => worker.once("message", resolve));
  const writer = new ReportWriter(ring);
  return {
    writer,
    finish: () =>
      new Promise<Drained>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        writer.finish();
      }),
  };
};

/** How long the reader sleeps when there is nothing to read, so that it does not occupy a core. */
const NAP_MS = 1;

const readAll = ({ records, control }: Ring, collected: Int32Array): number => {
  let read = 0;
  for (;;) {
    const isDone = Atomics.load(control, DONE) === 1;
    const written = Atomics.load(control, WRITTEN);
    if (read === written && isDone) return read;
    if (read === written) Atomics.wait(control, WRITTEN, written, NAP_MS);
    while (read < written) {
      const from = (read & RING_MASK) * RECORD_WORDS;
      collected.set(records.subarray(from, from + RECORD_WORDS), read * RECORD_WORDS);
      read += 1;
      Atomics.store(control, READ, read);
    }
  }
};

/**
 * The text of a report in the canonical form of the benchmark. The published hashes are computed
 * from this form.
 */
const lineOf = (reports: Int32Array, at: number): string => {
  const field = (offset: number): number => reports[at + offset] ?? 0;
  const kind = field(KIND_AND_SIDE) & 255;
  const side = field(KIND_AND_SIDE) >> 8;
  const order = `${kind},${field(SEQUENCE)},${side},${field(ORDER)},${field(PRICE)}`;
  switch (kind) {
    case REPORT.ORDER_ACK:
    case REPORT.MODIFY_ACK:
      return `${order},${field(QUANTITY)}`;
    case REPORT.CANCEL_ACK:
      return order;
    case REPORT.TRADE:
      return `1,${field(SEQUENCE)},${field(PRICE)},${field(QUANTITY)},${field(MAKER)},${field(TAKER)}`;
    default:
      return `${kind},${field(SEQUENCE)},${field(ORDER)}`;
  }
};

/** The hash of all reports, those of one message sorted by kind. */
const hashOf = (reports: Int32Array, count: number): string => {
  const hash = createHash("sha256");
  let separator = "";
  for (let first = 0; first < count; ) {
    const sequence = reports[first * RECORD_WORDS + SEQUENCE];
    let end = first;
    while (end < count && reports[end * RECORD_WORDS + SEQUENCE] === sequence) end += 1;
    const places = Array.from({ length: end - first }, (_, at) => (first + at) * RECORD_WORDS);
    const kindOf = (at: number): number => (reports[at] ?? 0) & 255;
    places.sort((a, b) => kindOf(a) - kindOf(b));
    hash.update(separator + places.map((at) => lineOf(reports, at)).join("\n"));
    separator = "\n";
    first = end;
  }
  return hash.digest("hex");
};

if (!isMainThread && parentPort !== null) {
  const { ring, most } = workerData as { ring: Ring; most: number };
  const collected = new Int32Array(most * RECORD_WORDS).fill(-1);
  parentPort.postMessage("ready");
  const count = readAll(ring, collected);
  parentPort.postMessage({ count, sha256: hashOf(collected, count) } satisfies Drained);
}
