import { z } from "zod";
import type { OutgoingMessage } from "./sqs.ts";

/** One command of a symbol's sequence as it travels; the record itself is read by the matcher. */
export type QueuedCommand = {
  readonly symbol: string;
  readonly seq: number;
  readonly record: unknown;
  readonly acceptedAt: string;
};

/** Commands in one message: far below the 256 KiB an SQS message may have. */
const COMMANDS_PER_MESSAGE = 200;

const message = z.strictObject({
  symbol: z.string(),
  commands: z.array(
    z.strictObject({ seq: z.int().positive(), record: z.unknown(), acceptedAt: z.string() }),
  ),
});

/** Packs commands into as few messages as possible: one group a symbol, order kept within it. */
export const packCommands = (commands: readonly QueuedCommand[]): readonly OutgoingMessage[] => {
  const bySymbol = Map.groupBy(commands, ({ symbol }) => symbol);
  return [...bySymbol].flatMap(([symbol, all]) =>
    slices(all).map((some) => ({
      group: symbol,
      deduplicationId: `${symbol}-${some[0]?.seq}-${some.at(-1)?.seq}`,
      body: JSON.stringify({
        symbol,
        commands: some.map(({ seq, record, acceptedAt }) => ({ seq, record, acceptedAt })),
      }),
    })),
  );
};

const slices = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / COMMANDS_PER_MESSAGE) }, (_, index) =>
    items.slice(index * COMMANDS_PER_MESSAGE, (index + 1) * COMMANDS_PER_MESSAGE),
  );

/** Reads a message back; throws when it is none of ours. */
export const unpackCommands = (body: string): readonly QueuedCommand[] => {
  const { symbol, commands } = message.parse(JSON.parse(body));
  return commands.map((command) => ({ symbol, ...command }));
};
