import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { randomOf } from "../../bench/engine-stream.ts";
import { CONTESTANTS, sizeOf } from "../../bench/public/contestants.ts";
import { type Drained, startDrain } from "../../bench/public/drain.ts";
import { type Messages, readMessages } from "../../bench/public/messages.ts";

const SCRIPT = new URL("../../bench/engine-public.ts", import.meta.url).pathname;
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "brokerx-bench-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs the script, which must fail, and returns its exit code and message. */
const refusalOf = async (args: readonly string[], env: Record<string, string> = {}) => {
  const ended = promisify(execFile)(execPath, [SCRIPT, ...args], {
    env: { ...process.env, ...env },
  });
  const error: { code?: unknown; stderr?: unknown } = await ended.then(
    () => ({}),
    (refused) => refused,
  );
  assert.equal(error.code, 2);
  return String(error.stderr);
};

const fakeCheckout = async (): Promise<string> => {
  const checkout = join(folder, "checkout");
  await mkdir(join(checkout, "workload"), { recursive: true });
  await mkdir(join(checkout, "reference"), { recursive: true });
  await writeFile(join(checkout, "workload/generator.cpp"), "");
  await writeFile(join(checkout, "reference/correctness_hash.txt"), "");
  return checkout;
};

test("without a checkout the script says how it is used", async () => {
  assert.match(await refusalOf([]), /^usage: npm run bench:engine:public -- <checkout>/);
  assert.match(await refusalOf(["x", "--scenario", "calm"]), /^There is no scenario calm/);
});

test("a folder that is no checkout is refused by the name of what is missing", async () => {
  const said = await refusalOf([folder]);
  assert.match(said, /not a checkout of .*: workload\/generator\.cpp is missing/);
});

test("a missing compiler is named, with the way to get one", async () => {
  const args = [await fakeCheckout(), "--work", join(folder, "work")];
  const said = await refusalOf(args, { CXX: "no-such-compiler" });
  assert.match(
    said,
    /there is no no-such-compiler\. Install g\+\+ or clang, or name your compiler/,
  );
});

test("nothing is written inside the repository", async () => {
  const inside = new URL("../../bench/results", import.meta.url).pathname;
  const said = await refusalOf([await fakeCheckout(), "--work", inside]);
  assert.match(said, /is inside this repository/);
});

type Row = readonly [kind: number, side: number, ioc: number, qty: number, id: number, px: number];
const messagesOf = (rows: readonly Row[]): Messages => {
  const column = (at: number): number[] => rows.map((row) => row[at] ?? 0);
  return {
    length: rows.length,
    kind: Uint8Array.from(column(0)),
    side: Uint8Array.from(column(1)),
    isImmediate: Uint8Array.from(column(2)),
    quantity: Int32Array.from(column(3)),
    id: Int32Array.from(column(4)),
    price: Int32Array.from(column(5)),
  };
};

const drainedBy = async (name: string, messages: Messages): Promise<Drained> => {
  const contestant = CONTESTANTS.find((known) => known.name === name);
  assert.ok(contestant);
  const { writer, finish } = await startDrain(messages.length * 4);
  const step = contestant.create(writer, sizeOf(messages));
  for (let at = 0; at < messages.length; at += 1) step(messages, at);
  return finish();
};
const NAMES = CONTESTANTS.map(({ name }) => name);

test("reports have the form from which the published hashes were computed", async () => {
  const messages = messagesOf([
    [0, 1, 0, 10, 7, 100], // 7 sells 10 at 100
    [0, 0, 1, 4, 3, 101], // 3 buys 4 at once
    [2, 1, 0, 9, 7, 102], // 7 now sells 9 at 102
    [0, 0, 1, 20, 5, 102], // 5 buys 20 at once and gets 9
    [1, 0, 0, 0, 7, 0], // 7 is over
    [2, 0, 0, 5, 7, 99],
    [0, 0, 0, 5, 8, 90],
    [1, 0, 0, 0, 8, 0],
  ]);
  const expected = [
    ["0,0,1,7,100,10"],
    ["0,1,0,3,101,4", "1,1,100,4,7,3"],
    ["3,2,1,7,102,9"],
    ["0,3,0,5,102,20", "1,3,102,9,7,5", "2,3,0,5,102"],
    ["4,4,7", "5,5,7"],
    ["0,6,0,8,90,5", "2,7,0,8,90"],
  ].flat();
  const sha256 = createHash("sha256").update(expected.join("\n")).digest("hex");
  for (const name of NAMES) {
    assert.deepEqual(await drainedBy(name, messages), { count: expected.length, sha256 }, name);
  }
});

/** New orders, and cancels and modifies of earlier orders; a modify always raises the quantity. */
const randomMessages = (length: number): Messages => {
  const random = randomOf(11);
  const sides: number[] = [0];
  return messagesOf(
    Array.from({ length }, (): Row => {
      const kind = random(10);
      const price = 1_000 + random(40);
      const known = random(sides.length);
      if (kind < 3) return [1, 0, 0, 0, known, 0];
      if (kind < 5) return [2, sides[known] ?? 0, 0, 100 + sides.length, known, price];
      const side = random(2);
      sides.push(side);
      return [0, side, kind === 5 ? 1 : 0, 1 + random(20), sides.length - 1, price];
    }),
  );
};

test("all engines write the same reports for a random stream", async () => {
  const messages = randomMessages(20_000);
  const drained: Drained[] = [];
  for (const name of NAMES) drained.push(await drainedBy(name, messages));
  const [first] = drained;
  assert.ok(first !== undefined && first.count > messages.length);
  for (const reports of drained) assert.deepEqual(reports, first);
});

test("a file that is cut off is refused", async () => {
  const path = join(folder, "cut.bin");
  const bytes = Buffer.alloc(16 + 39);
  bytes.writeBigUInt64LE(0x4d4542575f303031n);
  bytes.writeUInt32LE(1, 12);
  await writeFile(path, bytes);
  await assert.rejects(readMessages(path), /is cut off/);
});
