import type { Logger } from "../platform/logger.ts";

/** A logger that keeps its lines: a test can read them, and the output stays readable. */
export const testLogger = (): Logger & {
  readonly lines: { readonly level: string; readonly facts: object; readonly event: string }[];
} => {
  const lines: { level: string; facts: object; event: string }[] = [];
  const at = (level: string) => (facts: object, event: string) => {
    lines.push({ level, facts, event });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
};
