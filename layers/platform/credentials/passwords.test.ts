import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "../unavailable.ts";
import { createPasswords, isWeak, NOBODYS_HASH } from "./passwords.ts";
import { hashToken, newCode, newToken } from "./secrets.ts";

const passwords = createPasswords();
const PHRASE = "a long walk to the lighthouse";

test("a hash is argon2id with 19 MiB, two passes and one lane, and matches its password only", async () => {
  const hash = await passwords.hash(PHRASE);
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await passwords.verify(PHRASE, hash), true);
  for (const wrong of [PHRASE.toUpperCase(), `${PHRASE} `, `${PHRASE}\0`, ""])
    assert.equal(await passwords.verify(wrong, hash), false, JSON.stringify(wrong));
  assert.notEqual(await passwords.hash(PHRASE), hash);
});

test("every character of a password is compared, also the 128th and those after a NUL", async () => {
  const long = "é".repeat(127);
  const hash = await passwords.hash(`${long}a`);
  assert.equal(await passwords.verify(`${long}b`, hash), false);
  const cut = await passwords.hash("before\0after the cut");
  assert.equal(await passwords.verify("before\0another end", cut), false);
});

test("a password typed on another system, with other code points for its letters, is the same", async () => {
  const hash = await passwords.hash("Zürich ﬁne Ａ1 and more".normalize("NFC"));
  assert.equal(await passwords.verify("Zürich ﬁne Ａ1 and more".normalize("NFD"), hash), true);
  assert.equal(await passwords.verify("Zürich fine A1 and more", hash), true);
  assert.equal(await passwords.verify("Zurich fine A1 and more", hash), false);
});

test("verifying the dummy hash costs as much as a real hash, and no password matches it", async () => {
  const [, ...mine] = (await passwords.hash(PHRASE)).split("$").slice(0, 4);
  const [, ...nobodys] = NOBODYS_HASH.split("$").slice(0, 4);
  assert.deepEqual(nobodys, mine);
  assert.equal(NOBODYS_HASH.length, (await passwords.hash(PHRASE)).length);
  assert.equal(await passwords.verify("", NOBODYS_HASH), false);
});

test("a hash with less memory, fewer passes or another algorithm counts as weak", () => {
  const rest = "$c29tZXNhbHQ$aGFzaA";
  assert.equal(isWeak(NOBODYS_HASH), false);
  assert.equal(isWeak(`$argon2id$v=19$m=65536,t=3,p=4${rest}`), false);
  for (const weak of ["m=8192,t=2,p=1", "m=19456,t=1,p=1"])
    assert.equal(isWeak(`$argon2id$v=19$${weak}${rest}`), true, weak);
  for (const hash of [`$argon2i$v=19$m=19456,t=2,p=1${rest}`, "$2b$12$abcdefgh", ""])
    assert.equal(isWeak(hash), true, hash);
});

test("two hashes run, 32 wait, and the 35th login of a burst is refused with a retry time", async () => {
  const burst = Array.from({ length: 40 }, () => passwords.verify(PHRASE, NOBODYS_HASH));
  const results = await Promise.allSettled(burst);
  const refused = results.filter((result) => result.status === "rejected");
  assert.equal(refused.length, 6);
  for (const { reason } of refused) assert.ok(reason instanceof Unavailable);
});

test("tokens have 256 bits, codes have six digits, and neither repeats", () => {
  const tokens = Array.from({ length: 1_000 }, newToken);
  assert.equal(new Set(tokens).size, 1_000);
  assert.ok(tokens.every((token) => /^[\w-]{43}$/.test(token)));
  assert.equal(hashToken("x").length, 32);
  const codes = Array.from({ length: 20_000 }, newCode);
  assert.ok(codes.every((code) => /^[0-9]{6}$/.test(code)));
  // A tenth of all codes begins with each digit: 2,000 ± 200 is more than four deviations.
  for (let digit = 0; digit <= 9; digit += 1) {
    const count = codes.filter((code) => code.startsWith(String(digit))).length;
    assert.ok(count > 1_750 && count < 2_250, `${count} codes begin with ${digit}`);
  }
});
