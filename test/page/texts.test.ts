import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

const SOURCE = join(import.meta.dirname, "../../web/src");

/** Words between two tags, or in an attribute that is shown or read aloud. */
const TEXT =
  />\s*(?!BrokerX\s*<)([^<>{}=;()]*[A-Za-z]{2,} [A-Za-z]{2,}[^<>{}=;()]*|[A-Z][a-z]{2,})\s*<\//g;
const ATTRIBUTE = /\b(?:label|title|aria-label|placeholder|alt|hint)="([^"]*[A-Za-z]{2,}[^"]*)"/g;

test("every text of the page is in texts.ts", async () => {
  const files = await Array.fromAsync(glob("**/*.tsx", { cwd: SOURCE }));
  assert.ok(files.length > 40);
  for (const file of files) {
    const source = await readFile(join(SOURCE, file), "utf8");
    const found = [TEXT, ATTRIBUTE].flatMap((pattern) => [...source.matchAll(pattern)]);
    assert.deepEqual(
      found.map(([, text]) => text),
      [],
      file,
    );
  }
});

test("the search for texts finds a word in a tag and in an attribute", () => {
  assert.equal([..."<p>Loading</p> <p>no such page</p>".matchAll(TEXT)].length, 2);
  assert.equal([...'<img alt="A chart" />'.matchAll(ATTRIBUTE)].length, 1);
});
