import type { z } from "zod";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { averagePrice } from "../../layers/domain/orders/order.ts";
import { formatMoney, money, shares } from "../../layers/domain/units.ts";
import { type Balance, listBalances } from "../../layers/store/ledger/balances.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import type { Executor } from "../../layers/store/pg/database.ts";
import type { portfolioOut } from "./contract.ts";

type Portfolio = z.input<typeof portfolioOut>;
type Holding = Balance & { readonly marketPrice: bigint | undefined };

/** The balances of a client, valued at the last trade price or else the reference price. */
export const getPortfolio = async (
  deps: { readonly database: Executor; readonly reference: ReferenceData },
  clientId: ClientId,
): Promise<Portfolio | undefined> => {
  const [account, balances] = await Promise.all([
    deps.reference.account(clientId),
    listBalances(deps.database, clientId),
  ]);
  if (account === undefined) return undefined;
  const cash = balances.find(({ asset }) => asset === account.currency);
  const available = cash?.available ?? 0n;
  const held = cash?.held ?? 0n;
  const holdings = balances.filter(({ asset }) => asset !== account.currency);
  const worth = holdings.reduce((sum, holding) => sum + (marketValue(holding) ?? 0n), 0n);
  return {
    currency: account.currency,
    available_balance: formatMoney(available),
    reserved_balance: formatMoney(held),
    total_balance: formatMoney(available + held),
    positions: holdings.filter(isShown).map(position),
    equity: formatMoney(available + held + worth),
  };
};

/** A closed position is listed as long as it has a realised gain or loss. */
const isShown = (holding: Holding): boolean =>
  holding.available + holding.held > 0n || holding.realizedPnl !== 0n;

const marketValue = ({ available, held, marketPrice }: Holding): bigint | undefined =>
  marketPrice === undefined ? undefined : marketPrice * (available + held);

const position = (holding: Holding): Portfolio["positions"][number] => {
  const { asset, available, held, cost, marketPrice } = holding;
  const quantity = Number(available + held);
  const average = averagePrice(money(cost), shares(quantity));
  const value = marketValue(holding);
  return {
    symbol: asset,
    quantity,
    available: Number(available),
    reserved: Number(held),
    average_price: average === undefined ? null : formatMoney(average),
    market_price: marketPrice === undefined ? null : formatMoney(marketPrice),
    market_value: value === undefined ? null : formatMoney(value),
    unrealized_pnl: value === undefined ? null : formatMoney(value - cost),
    realized_pnl: formatMoney(holding.realizedPnl),
  };
};
