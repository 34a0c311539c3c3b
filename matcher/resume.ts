import type { SequencedCommand } from "../layers/domain/orders/command.ts";
import { type CommandRow, decodeCommand } from "../layers/store/matching/commands.ts";

/**
 * The commands up to the first resume, which ends its batch: the tick and lot sizes may have changed
 * while the symbol was halted.
 */
export const untilResume = (rows: readonly CommandRow[]): readonly SequencedCommand[] => {
  const commands = rows.map(decodeCommand);
  const resume = commands.findIndex(isResume);
  return resume === -1 ? commands : commands.slice(0, resume + 1);
};

/** Whether the command ends a halt. */
export const isResume = ({ command }: SequencedCommand): boolean => command.type === "resume";
