import { z } from "zod";
import type { OutgoingMessage } from "./sqs.ts";

/**
 * Announces that the commands of a symbol are in PostgreSQL up to a number of its sequence. A
 * message contains no command, so a false message can only make the matcher read the commands
 * there.
 */
export type Announcement = { readonly symbol: string; readonly seq: number };

const announcement = z.strictObject({ symbol: z.string(), seq: z.int().positive() });

/** Writes an announcement. The messages of a symbol form one group, which keeps their order. */
export const toMessage = ({ symbol, seq }: Announcement): OutgoingMessage => ({
  group: symbol,
  deduplicationId: `${symbol}-${seq}`,
  body: JSON.stringify({ symbol, seq }),
});

/** Reads an announcement back; undefined for any other text. */
export const fromMessage = (body: string): Announcement | undefined => {
  try {
    return announcement.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
};
