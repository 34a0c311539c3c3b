import { execFileSync } from "node:child_process";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";

// Compiles the SDK into dist/ for its package. In the repository everything imports index.ts itself.

const HERE = import.meta.dirname;
const COMPILER = join(HERE, "../node_modules/typescript/bin/tsc");

await rm(join(HERE, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [COMPILER, "-p", join(HERE, "tsconfig.build.json")], {
  stdio: "inherit",
});
// The compiler reads the generated types and leaves them where they are.
await copyFile(join(HERE, "schema.d.ts"), join(HERE, "dist/schema.d.ts"));
await copyFile(join(HERE, "../LICENSE"), join(HERE, "dist/LICENSE"));
