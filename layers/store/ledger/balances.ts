import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A client's balance of one asset: ten-thousandths of a currency, or shares. */
export type Balance = {
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly cost: bigint;
  readonly realizedPnl: bigint;
};

/** The available amount of an asset; zero when the client never had any. */
export const availableOf = async (
  db: Executor,
  clientId: ClientId,
  asset: string,
): Promise<bigint> => {
  const { rows } = await db.query<{ available: bigint }>(sql`
    select available
    from ledger.balance
    where client_id = ${clientId} and asset = ${asset}`);
  return rows[0]?.available ?? 0n;
};

/** All balances of a client, with the last price of those that are instruments. */
export const listBalances = async (
  db: Executor,
  clientId: ClientId,
): Promise<readonly (Balance & { readonly marketPrice: bigint | undefined })[]> => {
  const { rows } = await db.query<{
    readonly asset: string;
    readonly available: bigint;
    readonly held: bigint;
    readonly cost: bigint;
    readonly realized_pnl: bigint;
    readonly market_price: bigint | null;
  }>(sql`
    select balance.asset, available, held, cost, realized_pnl,
      coalesce(book.last_price, instrument.reference_price) as market_price
    from ledger.balance
    left join market.instrument on instrument.symbol = balance.asset
    left join trading.book on book.symbol = balance.asset
    where client_id = ${clientId}
    order by balance.asset`);
  return rows.map((row) => ({
    asset: row.asset,
    available: row.available,
    held: row.held,
    cost: row.cost,
    realizedPnl: row.realized_pnl,
    marketPrice: row.market_price ?? undefined,
  }));
};
