import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Place } from "./launcher.ts";

// Pages of docs/ as programs. A `sh` block is run. A block whose fence names a file, such as
// ```ts follow.ts, is saved under this name first.

export const ROOT = join(import.meta.dirname, "..", "..");

type Block = {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
};

export const readPage = (name: string): Promise<string> =>
  readFile(join(ROOT, "docs", name), "utf8");

export const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```/gm)].map(
    ([, language = "", file, text = ""]) => ({ language, file, text }),
  );

/** The text as it is shown, with the ports of this system. */
export const onPortsOf = ({ offset }: Place, text: string): string =>
  text.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${Number(port) + offset}`);

/** Makes a folder look like the repository, so that a page can save files in it. */
export const imitateRepository = async (folder: string): Promise<void> => {
  for (const name of await readdir(ROOT))
    if (!name.startsWith(".")) await symlink(join(ROOT, name), join(folder, name));
};

/** Every curl also reports its status, on the error output: the page may read the answer. */
const PRELUDE = `
curl() { command curl -w '%{stderr}\\n#status %{http_code}\\n' "$@"; }
npm() { (cd "$ROOT" && command npm "$@"); }
`;

type Options = {
  readonly place: Place;
  readonly folder: string;
  /** The variables that the page speaks of. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Shell functions in place of programs that a test must not run. */
  readonly prelude?: string;
};

type PageRun = { readonly output: string; readonly statuses: readonly number[] };

/** Saves the files of a page, as its reader does. */
export const saveFiles = async (page: string, place: Place, folder: string): Promise<void> => {
  for (const { file, text } of blocksOf(page)) {
    if (file === undefined) continue;
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), onPortsOf(place, text));
  }
};

/** The shell blocks of a page as one script. */
export const shellOf = (page: string, place: Place): string => {
  const blocks = blocksOf(page).filter(({ language }) => language === "sh");
  return onPortsOf(place, blocks.map(({ text }) => text).join("\n"));
};

/** Saves the files of a page and runs its shell blocks, one after the other, in one shell. */
export const runPage = async (page: string, options: Options): Promise<PageRun> => {
  const { place, folder, variables = {}, prelude = "" } = options;
  await saveFiles(page, place, folder);
  const script = PRELUDE + prelude + shellOf(page, place);
  const { code, output } = await runShell(script, folder, { ...place.env, ...variables, ROOT });
  assert.equal(code, 0, output);
  const statuses = [...output.matchAll(/^#status (\d+)$/gm)].map(([, status]) => Number(status));
  return { output, statuses };
};

/** Without an expectation every status must be 2xx. */
export const assertStatuses = (
  { output, statuses }: PageRun,
  expected: readonly number[] | undefined,
): void => {
  if (expected !== undefined) assert.deepEqual(statuses, expected, output);
  else
    assert.ok(
      statuses.every((status) => status >= 200 && status < 300),
      output,
    );
};

const runShell = async (script: string, folder: string, env: Place["env"]) => {
  const shell = spawn("bash", ["-euo", "pipefail"], { cwd: folder, stdio: "pipe", env });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  shell.stdin.end(script);
  const code = await new Promise((resolve) => shell.once("close", resolve));
  return { code, output };
};
