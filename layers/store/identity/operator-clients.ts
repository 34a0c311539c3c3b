import { type ClientId, isUuid } from "../../domain/identifiers.ts";
import type { ClientStatus } from "../../domain/identity/client.ts";
import { type Executor, fragment, sql } from "../pg/database.ts";

/** A client in the lists of operators. */
export type ListedClient = {
  readonly clientId: ClientId;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly status: ClientStatus;
  readonly emailConfirmed: boolean;
  readonly roles: readonly string[];
  readonly createdAt: Date;
};

type Row = {
  readonly client_id: ClientId;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly status: ClientStatus;
  readonly email_confirmed: boolean;
  readonly roles: readonly string[];
  readonly created_at: Date;
};

const COLUMNS = fragment`
  client_id, email, first_name, last_name, status, roles, created_at,
  verified_at is not null or exists (
    select from identity.verification
    where verification.client_id = client.client_id and opened_at is not null) as email_confirmed`;

const toClient = (row: Row): ListedClient => ({
  clientId: row.client_id,
  email: row.email,
  firstName: row.first_name,
  lastName: row.last_name,
  status: row.status,
  emailConfirmed: row.email_confirmed,
  roles: row.roles,
  createdAt: row.created_at,
});

/** Clients whose e-mail begins with this text, newest first. */
export const findClients = async (
  db: Executor,
  search: {
    readonly email: string | undefined;
    readonly status: ClientStatus | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<readonly ListedClient[]> => {
  const after = search.after !== undefined && isUuid(search.after) ? search.after : null;
  const email = search.email?.toLowerCase() ?? null;
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS} from identity.client
    where (${email}::text is null or starts_with(email_key, ${email}))
      and (${search.status ?? null}::text is null or status = ${search.status ?? null})
      and (${after}::uuid is null or client_id < ${after})
    order by client_id desc
    limit ${search.limit}`);
  return rows.map(toClient);
};

/** One client. */
export const findClient = async (
  db: Executor,
  clientId: ClientId,
): Promise<ListedClient | undefined> => {
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS} from identity.client where client_id = ${clientId}`);
  return rows[0] && toClient(rows[0]);
};

/** The balances of a client. */
export const findHoldings = async (
  db: Executor,
  clientId: ClientId,
): Promise<
  readonly { readonly asset: string; readonly available: bigint; readonly held: bigint }[]
> => {
  const { rows } = await db.query<{ asset: string; available: bigint; held: bigint }>(sql`
    select asset, available, held from ledger.balance
    where client_id = ${clientId}
    order by asset`);
  return rows;
};

/** How many orders of a client are open. */
export const countOpenOrders = async (db: Executor, clientId: ClientId): Promise<number> => {
  const { rows } = await db.query<{ count: bigint }>(sql`
    select count(*) as count from trading."order" where client_id = ${clientId} and not closed`);
  return Number(rows[0]?.count ?? 0n);
};

/** The number of open orders of a client whose cancellation is not requested yet. */
export const countOrdersToCancel = async (db: Executor, clientId: ClientId): Promise<number> => {
  const { rows } = await db.query<{ count: bigint }>(sql`
    select count(*) as count
    from trading."order"
    where client_id = ${clientId} and not closed
      and pending_action is distinct from 'pending_cancel'`);
  return Number(rows[0]?.count ?? 0n);
};
