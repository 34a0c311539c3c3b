import assert from "node:assert/strict";
import { test } from "node:test";
import { writeCsv } from "./csv.ts";
import type { Column } from "./document.ts";

const column = (key: string, kind: Column["kind"]): Column => ({ key, kind, title: key, width: 1 });

const written = async (rows: readonly { readonly text: string; readonly number: string }[]) => {
  const columns = [column("text", "text"), column("number", "number")];
  const table = { name: "rows", title: "Rows", columns, pages: [rows] };
  return (await Array.fromAsync(writeCsv(table))).join("");
};

test("text that a spreadsheet would run as a formula is neutralised, and quoted where it must be", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["-2+3", "'-2+3"],
    ["+1", "'+1"],
    ["|calc", "'|calc"],
    ["＝1+1", "'＝1+1"],
    [" =1+1", "' =1+1"],
    ['a,"b"', '"a,""b"""'],
    ['=a,"b"', `"'=a,""b"""`],
    ["\t=1+1", "'\t=1+1"],
    ["\n=1+1", `"'\n=1+1"`],
    ["two\nlines", '"two\nlines"'],
    ["\r", `"'\r"`],
    [" padded ", '" padded "'],
    ["plain-1", "plain-1"],
    ["", ""],
  ];
  for (const [text, cell] of cases)
    assert.equal(await written([{ text, number: "1" }]), `text,number\r\n${cell},1\r\n`);
});

test("a negative amount is written as a number, not as text", async () => {
  assert.equal(await written([{ text: "loss", number: "-3.50" }]), "text,number\r\nloss,-3.50\r\n");
});

test("a table without rows has only its header", async () => {
  assert.equal(await written([]), "text,number\r\n");
});
