import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import GithubSlugger from "github-slugger";

/** A Markdown page by its path from the root of the repository. */
export type Page = { readonly path: string; readonly text: string };

/** The pages that the documentation check reads, sorted. */
const PAGES = ["README.md", "docs/**/*.md", "sdk/README.md", "matcher/engine/README.md"];

export const readPages = async (root: string): Promise<readonly Page[]> => {
  const paths = (await Array.fromAsync(glob(PAGES, { cwd: root }))).sort();
  const pages: Page[] = [];
  for (const path of paths) pages.push({ path, text: await readFile(join(root, path), "utf8") });
  return pages;
};

const FENCE = /^ {0,3}```(?<language>[\w-]*)[^\n]*\n(?<body>[\s\S]*?)^ {0,3}```[ \t]*$/gm;

/** The fenced blocks of a language, in order. */
export const blocksOf = ({ text }: Page, language: string): readonly string[] =>
  [...text.matchAll(FENCE)]
    .filter(({ groups }) => groups?.["language"] === language)
    .map(({ groups }) => groups?.["body"] ?? "");

/** The page without its fenced blocks. */
export const proseOf = ({ text }: Page): string => text.replaceAll(FENCE, "");

/** The texts between single backticks, outside fenced blocks. */
export const codeSpansOf = (page: Page): readonly string[] =>
  [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);

/** The anchors of the headings, as GitHub makes them. */
export const anchorsOf = (page: Page): ReadonlySet<string> => {
  const slugger = new GithubSlugger();
  const headings = [...proseOf(page).matchAll(/^#{1,6} +(.+)$/gm)];
  return new Set(headings.map(([, heading = ""]) => slugger.slug(withoutMarks(heading))));
};

const withoutMarks = (heading: string): string =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");

/** The targets of the links and pictures, without those in code. */
export const linksOf = (page: Page): readonly string[] =>
  [
    ...proseOf(page)
      .replaceAll(/`[^`\n]+`/g, "`")
      .matchAll(/\]\(([^()\s]+)\)/g),
  ].map(([, target = ""]) => target);
