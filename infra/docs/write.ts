import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generatedPages, ROOT } from "./generated.ts";

// Writes the pages of docs/ that come from the code: `npm run docs`.

for (const [path, text] of await generatedPages()) {
  await mkdir(dirname(join(ROOT, path)), { recursive: true });
  await writeFile(join(ROOT, path), text);
}
