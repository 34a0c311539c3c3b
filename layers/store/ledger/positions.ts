import type { ClientId } from "../../domain/identifiers.ts";
import type { Position } from "../../domain/ledger/position.ts";
import { type Settlement, tradersOf } from "../../domain/orders/settlement.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/**
 * Positions as the owner of their symbol last wrote them; the statement that writes them checks
 * them.
 */
export type PositionCache = {
  readonly get: (clientId: ClientId) => Position | undefined;
  readonly set: (clientId: ClientId, position: Position) => unknown;
  readonly clear: () => void;
};

/** A position has changed since it was read, so it must be read again. */
export class Stale extends Error {
  override readonly name = "Stale";
}

/**
 * The positions of both sides before the trades: from memory, else from the database, else empty.
 */
export const knownPositions = async (
  db: Executor,
  settlement: Settlement,
  known: PositionCache,
): Promise<ReadonlyMap<ClientId, Position>> => {
  const positions = new Map<ClientId, Position>();
  const unknown: ClientId[] = [];
  for (const clientId of tradersOf(settlement)) {
    const position = known.get(clientId);
    if (position === undefined) unknown.push(clientId);
    else positions.set(clientId, position);
  }
  if (unknown.length === 0) return positions;
  const { rows } = await db.query<{
    readonly client_id: ClientId;
    readonly quantity: bigint;
    readonly cost: bigint;
    readonly realized_pnl: bigint;
  }>(sql`
    select balance.client_id, available + held as quantity, cost, realized_pnl
    from unnest(${unknown}::uuid[]) as trader (client_id)
    join ledger.balance
      on balance.client_id = trader.client_id and asset = ${settlement.symbol}`);
  for (const { client_id, quantity, cost, realized_pnl } of rows)
    positions.set(client_id, {
      quantity: shares(Number(quantity)),
      cost: money(cost),
      realizedPnl: money(realized_pnl),
    });
  const newcomers = unknown.filter((clientId) => !positions.has(clientId));
  if (newcomers.length > 0)
    await db.query(sql`
      insert into ledger.balance (client_id, asset)
      select client_id, ${settlement.symbol}
      from unnest(${newcomers}::uuid[]) as client_id
      on conflict do nothing`);
  return positions;
};
