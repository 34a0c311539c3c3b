import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "./pages.ts";
import { partFaults, sectionFaults, useCaseFaults } from "./structure.ts";

const PAGE = `# UC
| actors | a client |
| before | nothing |
| afterwards | all |

## Main flow

\`\`\`mermaid
sequenceDiagram
  a ->> b: go
\`\`\`

## Other flows
`;

const useCases = (count: number): readonly Page[] =>
  Array.from({ length: count }, (_, index) => {
    return { path: `docs/use-cases/uc-0${index + 1}-name.md`, text: PAGE };
  });

test("a use case without a page, or a page without one of its parts, is a fault", () => {
  assert.deepEqual(useCaseFaults(useCases(8)), []);
  assert.deepEqual(useCaseFaults(useCases(7)), ["docs/use-cases: the use case UC-08 has no page"]);
  for (const part of ["| actors |", "| before |", "| afterwards |", "## Main", "## Other", "seq"]) {
    const [first, ...others] = useCases(8);
    const broken = { path: first?.path ?? "", text: PAGE.replace(part, "-") };
    assert.equal(useCaseFaults([broken, ...others]).length, 1, part);
  }
});

test("a section of arc42 without a page is a fault", () => {
  const rows = Array.from({ length: 12 }, (_, index) => `| ${index + 1} | [Page](page.md) |`);
  const index = (lines: readonly string[]) => [
    { path: "docs/architecture/README.md", text: lines.join("\n") },
  ];
  assert.deepEqual(sectionFaults(index(rows)), []);
  assert.deepEqual(sectionFaults(index(rows.toSpliced(8, 1))), [
    "docs/architecture/README.md: section 9 of arc42 has no page",
  ]);
});

test("an index without one of its readers is a fault", () => {
  const readers = ["Client developer", "Operator", "Contributor", "Teacher"];
  const index = (names: readonly string[]) => {
    const text = names.map((name) => `## ${name}\n`).join("\n");
    return partFaults([{ path: "docs/README.md", text }]).filter((fault) =>
      fault.startsWith("docs/README.md"),
    );
  };
  assert.deepEqual(index(readers), []);
  assert.equal(index(readers.slice(1)).length, 1);
});
