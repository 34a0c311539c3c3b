import { useRef, useState } from "preact/hooks";
import { BrokerXError } from "../../../sdk/index.ts";
import { failedCheck } from "../checks.ts";
import { readable } from "../format.ts";
import { texts } from "../texts.ts";

export type Action<Args extends readonly unknown[], Result = unknown> = {
  readonly run: (...args: Args) => void;
  readonly pending: boolean;
  /** What the last run returned; undefined after a failure, and as soon as a new run begins. */
  readonly result: Result | undefined;
  /** What went wrong at the last run, for people. */
  readonly error: string | undefined;
  /** What is wrong with a field, by the end of its path. */
  readonly fieldError: (name: string) => string | undefined;
  readonly clear: () => void;
  /** Forgets the result but keeps a failure; for a form in which the person types again. */
  readonly dropResult: () => void;
};

/** How the last run ended. One value, so that a success and a failure are never shown together. */
type Outcome<Result> = { readonly result: Result } | { readonly error: unknown };

/** The sentence for a failure: the page's own text for a check or a known code, otherwise the API's. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof BrokerXError)) return texts.problems.network;
  const { check, limit, value } = error.problem ?? {};
  if (typeof check === "string" && typeof limit === "string" && typeof value === "string")
    return failedCheck({ check, code: error.code, limit, value });
  const known: Readonly<Record<string, string>> = texts.problems.codes;
  return known[error.code] ?? readable(error.message);
};

/** The field of a path such as `order.price` or `allowed_ips.0`, whose last part is a position. */
const fieldOf = (path: string): string =>
  path.split(/[./]/).findLast((part) => !/^[0-9]*$/.test(part)) ?? path;

const fieldErrors = (error: unknown): Readonly<Record<string, string>> => {
  if (!(error instanceof BrokerXError)) return {};
  const errors = error.problem?.errors ?? [];
  return Object.fromEntries(errors.map(({ path, message }) => [fieldOf(path), message]));
};

/** Runs an asynchronous action, one run at a time, and keeps whether it is pending and how it ended. */
export const useAction = <Args extends readonly unknown[], Result>(
  act: (...args: Args) => Promise<Result>,
): Action<Args, Result> => {
  const [pending, setPending] = useState(false);
  const [outcome, setOutcome] = useState<Outcome<Result> | undefined>(undefined);
  const running = useRef(false);
  const run = (...args: Args): void => {
    if (running.current) return;
    running.current = true;
    setPending(true);
    setOutcome(undefined);
    act(...args)
      .then(
        (result) => setOutcome({ result }),
        (error: unknown) => setOutcome({ error }),
      )
      .finally(() => {
        running.current = false;
        setPending(false);
      });
  };
  const failure = outcome !== undefined && "error" in outcome ? outcome : undefined;
  const fields = failure === undefined ? {} : fieldErrors(failure.error);
  return {
    run,
    pending,
    result: outcome !== undefined && "result" in outcome ? outcome.result : undefined,
    error: failure === undefined ? undefined : sentenceOf(failure.error),
    fieldError: (name) => fields[name],
    clear: () => setOutcome(undefined),
    dropResult: () => setOutcome(failure),
  };
};
