import { z } from "zod";
import { isUuid } from "../domain/identifiers.ts";
import { field } from "./fields.ts";

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/** The query parameters of every list: how many rows, and after which row. */
export const pageQuery = {
  limit: field<number>(
    (value) => {
      const count =
        typeof value === "string" && /^[1-9][0-9]{0,2}$/.test(value) ? Number(value) : 0;
      return count >= 1 && count <= PAGE_MAX ? count : undefined;
    },
    "out_of_range",
    `must be a whole number from 1 to ${PAGE_MAX}`,
    { type: "integer", minimum: 1, maximum: PAGE_MAX, description: "The most rows to return." },
  ).default(PAGE_DEFAULT),
  after: z
    .string()
    .refine(isUuid, {
      error: "must be the next_page_token of the previous page",
      params: { code: "invalid_id" },
    })
    .optional()
    .meta({ description: "The next_page_token of the previous page." }),
};

/** The token of the next page, in the answer. */
export const nextPageToken = z.string().nullable().meta({
  description: "Send it as `after` for the next page; null on the last one.",
});

/**
 * Cuts a page of `limit` rows from `limit + 1` rows that were read. The token is the id of the last
 * row of the page, so pages stay stable while rows are inserted.
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
