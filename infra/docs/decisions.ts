import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

export type Decision = { readonly file: string; readonly text: string };

const INTRODUCTION = `# Decisions

Why BrokerX is built the way it is, for contributors and teachers: one page for each decision that would surprise a reader of the
code. A decision is never deleted. When a later one replaces it, its page says so. \`npm run docs\` writes this index.

| | decision | status |
| --- | --- | --- |
`;

/** What the note in italics under the title says about later decisions. */
const statusOf = (text: string): string => {
  const note = /^\*(?<note>[^*]+)\*$/m.exec(text.split("**Decision.**")[0] ?? "")?.groups?.["note"];
  if (note === undefined) return "in force";
  const later = [...note.matchAll(/decision (\d+)\]\(([^)]+)\)/g)];
  const links = later.map(([, number, file]) => `[${number}](${file})`).join(", ");
  return note.startsWith("Superseded by")
    ? `replaced by ${links}`
    : `in force, changed in part by ${links}`;
};

/** The index of these decision records, in the order of their numbers. */
export const indexOf = (decisions: readonly Decision[]): string => {
  const rows = decisions.map(({ file, text }) => {
    const title = /^# (\d+)\. (.+)$/m.exec(text);
    if (title === null) throw new Error(`${file} does not begin with "# <number>. <title>".`);
    const [, number, name] = title;
    return `| ${number} | [${name}](${file}) | ${statusOf(text)} |\n`;
  });
  return INTRODUCTION + rows.join("");
};

/** The page docs/decisions/README.md. */
export const decisionsPage = async (root: string): Promise<string> => {
  const folder = join(root, "docs", "decisions");
  const files = (await Array.fromAsync(glob("[0-9]*.md", { cwd: folder }))).sort();
  const decisions: Decision[] = [];
  for (const file of files)
    decisions.push({ file, text: await readFile(join(folder, file), "utf8") });
  return indexOf(decisions);
};
