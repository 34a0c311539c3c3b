import { closeSync, openSync, renameSync, writeSync } from "node:fs";

const BYTES_MAX = 10 * 1024 * 1024;

/** A log of at most two files: the current file and the previous one. */
export type LogFile = { readonly write: (chunk: Buffer | string) => void };

const retire = (path: string): void => {
  try {
    renameSync(path, path.replace(/\.log$/, ".old.log"));
  } catch {
    // There was no previous log.
  }
};

/**
 * Begins a new log; the log of the last run is renamed to `<name>.old.log`. Writing never throws.
 */
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
        // A full disk must not stop the services.
      }
    },
  };
};
