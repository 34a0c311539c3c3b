import { readable, words } from "./format.ts";
import { texts } from "./texts.ts";

/** A check of an order, from a preview or from the problem of a refused order. */
type Check = {
  readonly check: string;
  readonly code: string | null;
  readonly limit: string;
  readonly value: string;
};

/** The sentence for a check that an order passes. */
export const passedCheck = ({ check, limit, value }: Check): string =>
  texts.checks[check]?.(readable(value), readable(limit)) ?? words(check);

/** The sentences for a check that an order fails: what is wrong, then the figures. */
export const failedCheck = ({ check, code, limit, value }: Check): string => {
  const known: Readonly<Record<string, string>> = texts.problems.codes;
  const sentence = (code === null ? undefined : known[code]) ?? words(code ?? check);
  const figures = texts.problems.comparisons[check]?.(readable(value), readable(limit));
  return figures ? `${sentence} ${figures}` : sentence;
};
