import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CONFIG = join(import.meta.dirname, "cspell.json");
const CSPELL = join(import.meta.dirname, "..", "..", "node_modules", "cspell", "bin.mjs");

/** Unknown words of these files, by cspell with the project's own words (infra/docs/words.txt). */
export const spellingFaults = (folder: string, files: readonly string[]): readonly string[] => {
  const args = ["--config", CONFIG, "--no-progress", "--no-summary", "--unique", ...files];
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [CSPELL, "lint", ...args], {
    ...{ cwd: folder, encoding: "utf8" },
  });
  if (error !== undefined) throw error;
  if (status === 0) return [];
  const words = stdout.split("\n").filter((line) => line.includes("Unknown word"));
  if (words.length === 0) throw new Error(`cspell failed: ${stderr || stdout}`);
  return words.map((line) => `${line.trim()}: if it is right, add it to infra/docs/words.txt`);
};
