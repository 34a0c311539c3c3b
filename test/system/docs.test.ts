import assert from "node:assert/strict";
import { test } from "node:test";
import { docsFaults } from "../../infra/docs/check.ts";
import { ROOT } from "../../infra/docs/generated.ts";
import { diagramFaults, loadMermaid } from "../../infra/docs/mermaid.ts";
import { readPages } from "../../infra/docs/pages.ts";
import { findFolder } from "../support/tools.ts";

test("the documentation has no fault", async () => {
  assert.deepEqual(await docsFaults(), []);
});

test("every diagram is valid Mermaid, and one that is not is found", async (context) => {
  const place = findFolder("mermaid", "MERMAID_FOLDER");
  if ("missing" in place) return context.skip(place.missing);
  const mermaid = await loadMermaid(place.path);
  const text = "```mermaid\nsequenceDiagram\n  a ->> \n```";
  const wrong = { path: "docs/a.md", text };
  assert.equal((await diagramFaults([wrong], mermaid)).length, 1);
  const pages = await readPages(ROOT);
  assert.ok(pages.some(({ text }) => text.includes("```mermaid")));
  assert.deepEqual(await diagramFaults(pages, mermaid), []);
});
