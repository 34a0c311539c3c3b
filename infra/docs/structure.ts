import { blocksOf, type Page, proseOf } from "./pages.ts";

const USE_CASES = ["01", "02", "03", "04", "05", "06", "07", "08"];
const SECTIONS = 12;

/** The sections of each page of a use case: actor, preconditions, postconditions and flows. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ["row for the actors", /^\| actors? \|/m],
  ["row for what holds before", /^\| before \|/m],
  ["row for what holds afterwards", /^\| afterwards \|/m],
  ["section “Main flow”", /^## Main flow$/m],
  ["section “Other flows”", /^## Other flows$/m],
];

/** Use cases without a page, and pages of use cases that lack a part or the sequence diagram. */
export const useCaseFaults = (pages: readonly Page[]): readonly string[] =>
  USE_CASES.flatMap((number) => {
    const page = pages.find(({ path }) => path.startsWith(`docs/use-cases/uc-${number}-`));
    if (page === undefined) return [`docs/use-cases: the use case UC-${number} has no page`];
    const missing = PARTS.filter(([, part]) => !part.test(proseOf(page))).map(([name]) => name);
    const isDrawn = blocksOf(page, "mermaid").some((text) => text.startsWith("sequenceDiagram"));
    return [...missing, ...(isDrawn ? [] : ["sequence diagram"])].map(
      (name) => `${page.path}: there is no ${name}`,
    );
  });

/** What these pages have: the index its readers, the states their diagram, the scope its three parts. */
const HEADINGS: readonly (readonly [path: string, part: RegExp])[] = [
  ...["Client developer", "Operator", "Contributor", "Teacher"].map(
    (reader) => ["docs/README.md", new RegExp(`^## ${reader}$`, "m")] as const,
  ),
  ["docs/architecture/order-states.md", /^```mermaid\nstateDiagram-v2$/m],
  [
    "docs/architecture/README.md",
    /^\| logical \|.*\n\| process \|.*\n\| development \|.*\n\| physical \|.*\n\| scenarios \|/m,
  ],
  ["docs/scope.md", /^## What it has$/m],
  ["docs/scope.md", /^## What it does not have/m],
  ["docs/scope.md", /^## How to extend it$/m],
];

/** Pages that lack a part which readers look for. */
export const partFaults = (pages: readonly Page[]): readonly string[] =>
  HEADINGS.filter(
    ([path, part]) => !part.test(pages.find((page) => page.path === path)?.text ?? ""),
  ).map(([path, part]) => `${path}: nothing matches ${part.source}`);

/** Sections of arc42 that the architecture's index does not link to. */
export const sectionFaults = (pages: readonly Page[]): readonly string[] => {
  const path = "docs/architecture/README.md";
  const text = pages.find((page) => page.path === path)?.text ?? "";
  return Array.from({ length: SECTIONS }, (_, index) => index + 1)
    .filter((section) => !new RegExp(`^\\| ${section} \\| \\[`, "m").test(text))
    .map((section) => `${path}: section ${section} of arc42 has no page`);
};
