/** A process that the launcher starts and keeps running. */
export type Part = {
  readonly name: string;
  /** The program and its arguments, run by the same Node as this process. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * The address that answers 200 once the process is ready; undefined for a process without a
   * server.
   */
  readonly health: string | undefined;
};
