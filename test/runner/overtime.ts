// Preloaded into every test file: a file whose process does not end, because it waits for ever or
// left something open, fails with its name and what was open instead of blocking the run.

const LONGEST_MINUTES = 10;

setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(", ");
  process.stderr.write(
    `${process.argv[1]} has not ended after ${LONGEST_MINUTES} minutes. Still open: ${open}.\n`,
  );
  process.exit(1);
}, LONGEST_MINUTES * 60_000).unref();
