import { closeSync, openSync, renameSync, writeSync } from "node:fs";

const BYTES_MAX = 10 * 1024 * 1024;

/** A log that keeps two files at most: the running one and the one before it. */
export type LogFile = { readonly write: (chunk: Buffer | string) => void };

const retire = (path: string): void => {
  try {
    renameSync(path, path.replace(/\.log$/, ".old.log"));
  } catch {
    // there was none
  }
};

/** Begins a new log; the last run's becomes `<name>.old.log`. Writing never throws. */
export const openLogFile = (path: string): LogFile => {
  retire(path);
  let file = openSync(path, "a", 0o600);
  let bytes = 0;
  const turn = (): void => {
    closeSync(file);
    retire(path);
    file = openSync(path, "a", 0o600);
    bytes = 0;
  };
  return {
    write: (chunk) => {
      try {
        bytes += writeSync(file, typeof chunk === "string" ? chunk : chunk.toString("utf8"));
        if (bytes > BYTES_MAX) turn();
      } catch {
        // a full disk must not take the services down with their logs
      }
    },
  };
};
