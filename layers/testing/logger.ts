import type { Logger } from "../platform/logger.ts";

/** A logger that keeps what it is told: a test can ask for it, and the output stays readable. */
export const testLogger = (): Logger & {
  readonly lines: { readonly level: string; readonly facts: object; readonly event: string }[];
} => {
  const lines: { level: string; facts: object; event: string }[] = [];
  const at = (level: string) => (facts: object, event: string) => {
    lines.push({ level, facts, event });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
};
