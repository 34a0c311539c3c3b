import { beginStep, isTracing } from "../layers/platform/tracing/tracing.ts";

/**
 * Measures steps that commands pass together, each as a step of the command's own trace. The
 * returned function ends the current step, which began with its previous call or at `begun`. A
 * command whose request is not traced has no parent and gets no step.
 */
export const traceCommands = <Row extends { readonly symbol: string; readonly seq: number }>(
  commands: readonly Row[],
  parentOf: (command: Row) => string | undefined,
  begun = new Date(),
): ((step: string) => void) => {
  if (!isTracing()) return untraced;
  let startedAt = begun.getTime();
  return (name) => {
    const endedAt = Date.now();
    for (const command of commands) {
      const parent = parentOf(command);
      if (parent === undefined) continue;
      const attributes = {
        "brokerx.symbol": command.symbol,
        "brokerx.seq": command.seq,
        "messaging.batch.message_count": commands.length,
      };
      beginStep({ name, kind: "consumer", parent, startedAt, attributes }).end({ endedAt });
    }
    startedAt = endedAt;
  };
};

const untraced = (): void => {};
