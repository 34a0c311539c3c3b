import { z } from "zod";
import type { OutgoingMessage } from "./sqs.ts";

/**
 * Says that the commands of a symbol are in PostgreSQL up to a number of its sequence. A message carries
 * no command: a writer to the queue can only make the matcher look there.
 */
export type Announcement = { readonly symbol: string; readonly seq: number };

const announcement = z.strictObject({ symbol: z.string(), seq: z.int().positive() });

/** Writes an announcement; the messages of a symbol are one group, which keeps their order. */
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
