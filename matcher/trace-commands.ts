import { beginStep, isTracing } from "../layers/platform/tracing/tracing.ts";

/**
 * Measures what is done to commands together, as a step of each one's own trace: the answer ends a
 * step that began when the last one ended, or with this call. Whose request nobody traces has no
 * parent, and no step.
 */
export const traceCommands = <Row extends { readonly symbol: string; readonly seq: number }>(
  commands: readonly Row[],
  parentOf: (command: Row) => string | undefined,
): ((step: string) => void) => {
  if (!isTracing()) return untraced;
  let startedAt = Date.now();
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
