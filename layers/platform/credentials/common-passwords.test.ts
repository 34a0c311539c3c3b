import assert from "node:assert/strict";
import { test } from "node:test";
import list from "./common-passwords.json" with { type: "json" };
import { isCommonPassword } from "./common-passwords.ts";

test("the list has thousands of passwords, and each is refused in upper or lower case", () => {
  assert.ok(list.passwords.length > 5_000);
  assert.ok(list.passwords.filter((password) => password.length >= 12).length > 250);
  for (const password of list.passwords) {
    assert.equal(isCommonPassword(password), true, password);
    assert.equal(isCommonPassword(password.toUpperCase()), true, password);
  }
});

test("repeating or decorating a common password does not make it acceptable", () => {
  for (const password of [
    "passwordpassword",
    "Password2026!",
    "!!football!!2026",
    "qwertyuiop123",
    "dragondragondragon",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabc",
    "121212121212",
    "123456789012",
    "iloveyou123456",
  ])
    assert.equal(isCommonPassword(password), true, password);
});

test("a passphrase may contain a common word", () => {
  for (const password of [
    "correct horse battery staple",
    "monkey-tree-boat",
    "dragon eats 3 pizzas",
    "839201758372",
    "motdepasse très long",
    "пароль в три слова",
    "x7#Lq9!vR2@m",
    "",
  ])
    assert.equal(isCommonPassword(password), false, password);
});
