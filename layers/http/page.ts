import { z } from "zod";
import { isUuid } from "../domain/identifiers.ts";

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/** The two query parameters of every list: how many, and after which. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, `must be a whole number from 1 to ${PAGE_MAX}`)
    .transform(Number)
    .refine((count) => count <= PAGE_MAX, `must be at most ${PAGE_MAX}`)
    .default(PAGE_DEFAULT),
  after: z
    .string()
    .refine(isUuid, "must be the next_page_token of the page before")
    .optional()
    .meta({ description: "The next_page_token of the page before." }),
};

export const nextPageToken = z.string().nullable().meta({
  description: "Send it as `after` for the next page; null on the last one.",
});

/**
 * Cuts a page from one row more than the page has room for. The token is the id of the last row, so
 * pages stay stable while rows are inserted.
 */
export const cutPage = <Row>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
): { readonly page: readonly Row[]; readonly next_page_token: string | null } => {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { page, next_page_token: more ? idOf(last) : null };
};
