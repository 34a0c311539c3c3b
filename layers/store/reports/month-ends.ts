import type { ClientId } from "../../domain/identifiers.ts";
import type { Day } from "../../domain/identity/client.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A client whose statement of a month has not been made yet. */
export type WaitingClient = {
  readonly clientId: ClientId;
  readonly email: string;
  readonly firstName: string;
  readonly wantsMail: boolean;
};

/**
 * Lists clients who have no statement of the month and had an account before it ended, by id, after
 * the client `after`.
 */
export const listWaitingClients = async (
  db: Executor,
  month: { readonly start: Day; readonly end: Date },
  { after, limit }: { readonly after: ClientId | undefined; readonly limit: number },
): Promise<readonly WaitingClient[]> => {
  const { rows } = await db.query<{
    readonly client_id: ClientId;
    readonly email: string;
    readonly first_name: string;
    readonly wants_mail: boolean;
  }>(sql`
    select client_id, email, first_name, wants_mail
    from identity.client
    join trading.account using (client_id)
    where verified_at < ${month.end}
      and client_id > ${after ?? "00000000-0000-0000-0000-000000000000"}
      and not exists (
        select from ledger.month_end
        where month_end.client_id = client.client_id and month = ${month.start}::date)
    order by client_id
    limit ${limit}`);
  return rows.map((row) => ({
    clientId: row.client_id,
    email: row.email,
    firstName: row.first_name,
    wantsMail: row.wants_mail,
  }));
};

/** Stores the hash of a statement; false when another process was first. */
export const insertMonthEnd = async (
  db: Executor,
  monthEnd: { readonly clientId: ClientId; readonly month: Day; readonly sha256: Buffer },
): Promise<boolean> => {
  const { count } = await db.query(sql`
    insert into ledger.month_end (client_id, month, sha256)
    values (${monthEnd.clientId}, ${monthEnd.month}, ${monthEnd.sha256})
    on conflict do nothing`);
  return count === 1;
};
