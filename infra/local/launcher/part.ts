/** A process the launcher keeps alive. */
export type Part = {
  readonly name: string;
  /** The program and its arguments, run by the same Node as this process. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The address that answers 200 once the process works; undefined for one that serves nothing. */
  readonly health: string | undefined;
};
