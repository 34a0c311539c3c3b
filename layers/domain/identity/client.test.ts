import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, emailKey, parseDay, parseEmail, parseName, parsePassword } from "./client.ts";

test("an address that mail servers accept is kept as it is", () => {
  for (const text of [
    "a@b.ca",
    "Ada.Lovelace+orders@Mail.Example.org",
    "o'brien@example.org",
    "x_y-z@sub.sub.example.co.uk",
    "demo@brokerx.local",
    `${"a".repeat(64)}@example.org`,
    "x@xn--bcher-kva.example",
  ])
    assert.equal(parseEmail(text), text);
});

test("spaces around an address are ignored; plus signs and dots in it count", () => {
  assert.equal(parseEmail("  ada@example.org "), "ada@example.org");
  const keys = ["Ada@Example.org", "ada+x@example.org", "a.da@example.org"].map(emailKey);
  assert.deepEqual(keys, ["ada@example.org", "ada+x@example.org", "a.da@example.org"]);
});

test("a text with two addresses, with a mail header, or without a mailbox is refused", () => {
  for (const text of [
    "",
    "ada",
    "ada@",
    "@example.org",
    "ada@localhost",
    "ada@example..org",
    "ada@-example.org",
    "ada@example-.org",
    "ada@example.org.",
    ".ada@example.org",
    "ada.@example.org",
    "a..da@example.org",
    "ada@bob@example.org",
    "ada@example.org,bob@example.org",
    "ada@example.org\r\nBcc: bob@example.org",
    "ada@example.org\n",
    "\tada@example.org",
    "ada @example.org",
    '"ada"@example.org',
    "Ada <ada@example.org>",
    "ada(comment)@example.org",
    "ada@[127.0.0.1]",
    "ada\0@example.org",
    "adä@example.org",
    "ada@exämple.org",
    "ada@example.org\u200b",
    `${"a".repeat(65)}@example.org`,
    `a@${"b".repeat(64)}.org`,
    `a@${"b.".repeat(130)}org`,
  ])
    assert.equal(parseEmail(text), undefined, JSON.stringify(text));
});

test("a very long hostile address is refused quickly", () => {
  const begun = performance.now();
  for (const text of [`${"a.".repeat(100_000)}@`, `a@${"a-".repeat(100_000)}`, "!".repeat(250)])
    assert.equal(parseEmail(text), undefined);
  assert.ok(performance.now() - begun < 1_000);
});

test("two spellings of an address belong to one client", () => {
  assert.equal(emailKey("Ada@Example.ORG"), emailKey("ada@example.org"));
});

test("names of any script are accepted, trimmed and normalised", () => {
  for (const [text, name] of [
    ["Ada", "Ada"],
    ["  Ada  ", "Ada"],
    ["O’Brien-Smith, Jr.", "O’Brien-Smith, Jr."],
    ["李小龍", "李小龍"],
    ["محمد", "محمد"],
    ["Ame\u0301lie", "Am\u00e9lie"],
    ["x".repeat(100), "x".repeat(100)],
  ])
    assert.equal(parseName(text ?? ""), name);
});

test("a name without letters, or with line breaks or direction marks, is refused", () => {
  for (const text of [
    "",
    "   ",
    "123",
    "Ada\nBcc: x",
    "Ada\r",
    "Ada\tL",
    "Ada\0",
    "Ada\u001b[31m",
    "Ada\u2028L",
    "Ada\u202eevol",
    "Ada\ud800",
    "<b>Ada</b>",
    "x".repeat(101),
  ])
    assert.equal(parseName(text), undefined, JSON.stringify(text));
});

test("a day must exist in the calendar", () => {
  for (const day of ["1990-01-01", "2000-02-29", "1900-12-31"]) assert.equal(parseDay(day), day);
  for (const text of [
    "1990-02-30",
    "1990-04-31",
    "1999-02-29",
    "1990-13-01",
    "1990-00-10",
    "1990-01-00",
    "1899-12-31",
    "3000-01-01",
    "90-01-01",
    "1990-1-1",
    "1990-01-01T00:00:00Z",
    "01/02/1990",
    "1990-01-01\n",
    "",
  ])
    assert.equal(parseDay(text), undefined, JSON.stringify(text));
  assert.equal(dayOf(new Date("1990-12-10T23:59:59.999Z")), "1990-12-10");
});

test("a password has 12 to 128 characters of any kind", () => {
  for (const text of [
    "a".repeat(12),
    "a".repeat(128),
    "🙂".repeat(12),
    "🙂".repeat(128),
    " ".repeat(12),
  ])
    assert.equal(parsePassword(text), text.normalize("NFKC"), text);
  for (const text of [
    "",
    "a".repeat(11),
    "e\u0301".repeat(11),
    "🙂".repeat(11),
    "a".repeat(129),
    `${"a".repeat(12)}\ud800`,
  ])
    assert.equal(parsePassword(text), undefined, text);
});
