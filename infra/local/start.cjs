"use strict";

// The entry of `npm start` and `npm run token`, written so that any version of Node can read it.
// The rest is TypeScript, which only recent versions run.

const WANTED = 24;
const major = Number(process.versions.node.split(".")[0]);

if (major < WANTED) {
  console.error(
    `BrokerX runs on Node ${WANTED}; this is Node ${process.versions.node}. npm install brings the right\n` +
      "one along unless install scripts are switched off. Fix: npm rebuild node (or npm install\n" +
      `--ignore-scripts=false), or install Node ${WANTED} yourself.`,
  );
  process.exit(1);
}

const PROGRAMS = {
  main: "./launcher/main.ts",
  token: "./tools/print-token.ts",
  "key-create": "./tools/key-create.ts",
  "admin-create": "./tools/admin-create.ts",
  "audit-verify": "./tools/audit-verify.ts",
  "verify-reports": "./tools/verify-reports.ts",
  follow: "./tools/follow.ts",
};
const program = process.argv.splice(2, 1)[0];
import(PROGRAMS[program]).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
