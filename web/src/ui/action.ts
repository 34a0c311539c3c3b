import { useRef, useState } from "preact/hooks";
import { BrokerXError } from "../../../sdk/index.ts";
import { failedCheck } from "../checks.ts";
import { readable } from "../format.ts";
import { texts } from "../texts.ts";

export type Action<Args extends readonly unknown[]> = {
  readonly run: (...args: Args) => void;
  readonly pending: boolean;
  /** What went wrong at the last run, for people. */
  readonly error: string | undefined;
  /** What is wrong with a field, by the end of its path. */
  readonly fieldError: (name: string) => string | undefined;
  readonly clear: () => void;
};

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

/** Runs an asynchronous action, one run at a time, and keeps its pending and failed states. */
export const useAction = <Args extends readonly unknown[]>(
  act: (...args: Args) => Promise<unknown>,
): Action<Args> => {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<{ readonly error: unknown } | undefined>(undefined);
  const running = useRef(false);
  const run = (...args: Args): void => {
    if (running.current) return;
    running.current = true;
    setPending(true);
    setFailure(undefined);
    act(...args)
      .catch((error: unknown) => setFailure({ error }))
      .finally(() => {
        running.current = false;
        setPending(false);
      });
  };
  const fields = failure === undefined ? {} : fieldErrors(failure.error);
  return {
    run,
    pending,
    error: failure === undefined ? undefined : sentenceOf(failure.error),
    fieldError: (name) => fields[name],
    clear: () => setFailure(undefined),
  };
};
