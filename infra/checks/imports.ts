import { glob, readFile } from "node:fs/promises";
import { faultsOf, type SourceFile } from "./import-rules.ts";

// Checks the imports of all files as part of `npm run lint`: the table, cycles and crowded folders.
// Fails when there is a violation, and when it found no files.

const FOLDERS = "{layers,functions,matcher,infra,sdk,web,test,bench,docs}/**/*.{ts,tsx}";

/** Rules that the code does not follow yet: reported without an error. */
const PENDING = /in a circle: functions\/market-feed/;

const main = async (): Promise<void> => {
  const paths = await Array.fromAsync(
    glob(FOLDERS, { exclude: (name) => name === "node_modules" || name === "dist" }),
  );
  if (paths.length < 100) throw new Error(`The import check saw ${paths.length} files only.`);
  const files = await Promise.all(
    paths.map(async (path): Promise<SourceFile> => ({ path, text: await readFile(path, "utf8") })),
  );
  const faults = faultsOf(files);
  for (const fault of faults) console.error(fault);
  console.log(`${files.length} files checked, ${faults.length} faults in their imports`);
  process.exitCode = faults.some((fault) => !PENDING.test(fault)) ? 1 : 0;
};

await main();
