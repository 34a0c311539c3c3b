import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeal } from "./seal.ts";

const seal = createSeal("the mail secret of this test, 32 bytes");
const TEXT = "your login code is 031415 — naïve 𝒰nicode too\n";

test("a sealed text opens with the same secret and id", () => {
  const again = createSeal("the mail secret of this test, 32 bytes");
  assert.equal(again.open(seal.seal(TEXT, "mail-1"), "mail-1"), TEXT);
  assert.equal(seal.open(seal.seal("", "mail-1"), "mail-1"), "");
});

test("a sealed text does not open with another id or another secret", () => {
  const sealed = seal.seal(TEXT, "mail-1");
  assert.throws(() => seal.open(sealed, "mail-2"));
  assert.throws(() => createSeal("another secret of this test, 32 bytes").open(sealed, "mail-1"));
});

test("a sealed text with a changed bit, or with a byte removed or added, does not open", () => {
  const sealed = seal.seal(TEXT, "mail-1");
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    assert.throws(() => seal.open(changed, "mail-1"), `byte ${index}`);
    assert.throws(() => seal.open(sealed.subarray(0, index), "mail-1"), `${index} bytes`);
  }
  assert.throws(() => seal.open(Buffer.concat([sealed, Buffer.of(0)]), "mail-1"));
});

test("the same text is sealed differently each time, and the sealed bytes do not contain it", () => {
  const sealed = Array.from({ length: 50 }, () => seal.seal(TEXT, "mail-1").toString("hex"));
  assert.equal(new Set(sealed.map((hex) => hex.slice(2, 26))).size, 50);
  assert.ok(sealed.every((hex) => !hex.includes(Buffer.from("031415").toString("hex"))));
});

test("a code's hash does not match for another challenge or another secret", () => {
  const stamp = seal.stamp("031415", "challenge-1");
  assert.equal(stamp.length, 32);
  assert.deepEqual(seal.stamp("031415", "challenge-1"), stamp);
  assert.notDeepEqual(seal.stamp("031415", "challenge-2"), stamp);
  assert.notDeepEqual(seal.stamp("031416", "challenge-1"), stamp);
  assert.notDeepEqual(createSeal("x".repeat(32)).stamp("031415", "challenge-1"), stamp);
});

const OLD = "the old secret of this test, 32 bytes";
const NEW = "the new secret of this test, 32 bytes";

test("of several secrets the first seals, and every one opens", () => {
  const both = createSeal(NEW, OLD);
  assert.equal(both.open(createSeal(OLD).seal(TEXT, "mail-1"), "mail-1"), TEXT);
  const sealed = both.seal(TEXT, "mail-1");
  assert.equal(both.open(sealed, "mail-1"), TEXT);
  assert.equal(createSeal(NEW).open(sealed, "mail-1"), TEXT);
  assert.throws(() => createSeal(OLD).open(sealed, "mail-1"));
  assert.throws(() => both.open(seal.seal(TEXT, "mail-1"), "mail-1"));
});

test("of several secrets the first stamps, and a code is compared with the stamps of all", () => {
  const [before, after] = [OLD, NEW].map((secret) => createSeal(secret).stamp("031415", "id"));
  const both = createSeal(NEW, OLD);
  assert.deepEqual(both.stamp("031415", "id"), after);
  assert.deepEqual(both.stamps("031415", "id"), [after, before]);
});
