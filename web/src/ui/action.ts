import { useRef, useState } from "preact/hooks";
import { BrokerXError } from "../../../sdk/index.ts";
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

/** The sentence for a failure: our own text for codes we know, else what the API says. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof BrokerXError)) return texts.problems.network;
  const known: Readonly<Record<string, string>> = texts.problems.codes;
  return known[error.code] ?? error.message;
};

const fieldErrors = (error: unknown): Readonly<Record<string, string>> => {
  if (!(error instanceof BrokerXError)) return {};
  const errors = error.problem?.errors ?? [];
  return Object.fromEntries(
    errors.map(({ path, message }) => [path.split(/[./]/).at(-1), message]),
  );
};

/** Runs something that takes time, one run at a time, and keeps its pending and failed states. */
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
