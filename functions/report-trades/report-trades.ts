import type { Ticker } from "../../layers/domain/identifiers.ts";
import { dayIn } from "../../layers/domain/reports/period.ts";
import { formatMoney, notional } from "../../layers/domain/units.ts";
import type { ReportRequest } from "../../layers/http/reports/report-answer.ts";
import type { Column, Report, Row } from "../../layers/representation/reports/document.ts";
import { headingOf } from "../../layers/representation/reports/heading.ts";
import type { Transaction } from "../../layers/store/pg/database.ts";
import { type Fill, readFills } from "../../layers/store/reports/fills.ts";
import { findSubject } from "../../layers/store/reports/subject.ts";

/**
 * Makes trade confirmations: a line for each fill and the totals bought and sold of each symbol.
 * Undefined for a client without an account.
 */
export const reportTrades = async (
  tx: Transaction,
  request: ReportRequest & { readonly symbol: Ticker | undefined },
): Promise<Report | undefined> => {
  const client = await findSubject(tx, request.clientId, request.period.to);
  if (client === undefined) return undefined;
  const totals = new Map<string, Totals>();
  const wanted = ({ symbol }: Fill): boolean =>
    request.symbol === undefined || symbol === request.symbol;
  async function* confirmations(): AsyncGenerator<readonly Row[]> {
    for await (const page of readFills(tx, request.clientId, request.period)) {
      const fills = page.filter(wanted);
      for (const fill of fills) count(totals, fill);
      yield fills.map((fill) => confirmation(fill, request.days.timeZone));
    }
  }
  async function* totalRows(): AsyncGenerator<readonly Row[]> {
    yield [...totals.values()].sort(bySymbol).map(totalRow);
  }
  return {
    ...headingOf("trades", "Trade confirmations", { ...request, client }),
    isWide: true,
    tables: [
      { name: "trades", title: "Fills", columns: TRADES, pages: confirmations() },
      // Must be read after the fills, which it sums.
      { name: "totals", title: "Totals", columns: TOTALS, pages: totalRows() },
    ],
  };
};

type Totals = {
  readonly symbol: string;
  boughtQuantity: bigint;
  bought: bigint;
  soldQuantity: bigint;
  sold: bigint;
};

const count = (totals: Map<string, Totals>, { symbol, side, quantity, price }: Fill): void => {
  const total = totals.get(symbol) ?? {
    ...{ symbol, boughtQuantity: 0n, bought: 0n, soldQuantity: 0n, sold: 0n },
  };
  totals.set(symbol, total);
  if (side === "buy") {
    total.boughtQuantity += BigInt(quantity);
    total.bought += notional(price, quantity);
  } else {
    total.soldQuantity += BigInt(quantity);
    total.sold += notional(price, quantity);
  }
};

const bySymbol = (left: Totals, right: Totals): number => (left.symbol < right.symbol ? -1 : 1);

const NO_FEE = formatMoney(0n);

const confirmation = (fill: Fill, timeZone: string): Row => {
  const gross = formatMoney(notional(fill.price, fill.quantity));
  return {
    time: fill.at.toISOString(),
    trade_id: fill.tradeId,
    order_id: fill.orderId,
    client_order_id: fill.clientOrderId ?? null,
    side: fill.side,
    symbol: fill.symbol,
    quantity: fill.quantity,
    price: formatMoney(fill.price),
    ...{ gross, fee: NO_FEE, net: gross },
    liquidity: fill.liquidity,
    settlement_date: dayIn(timeZone, fill.at),
  };
};

const totalRow = (total: Totals): Row => ({
  symbol: total.symbol,
  bought_quantity: String(total.boughtQuantity),
  bought: formatMoney(total.bought),
  sold_quantity: String(total.soldQuantity),
  sold: formatMoney(total.sold),
});

const column = (key: string, title: string, width: number, kind: Column["kind"] = "text") => ({
  ...{ key, title, width, kind },
});

const TRADES: readonly Column[] = [
  column("time", "Time (UTC)", 24),
  column("trade_id", "Trade", 17),
  column("order_id", "Order", 38),
  column("client_order_id", "Client's id", 30),
  column("side", "Side", 5),
  column("symbol", "Symbol", 8),
  column("quantity", "Quantity", 10, "number"),
  column("price", "Price", 11, "number"),
  column("gross", "Gross", 14, "number"),
  column("fee", "Fee", 6, "number"),
  column("net", "Net", 14, "number"),
  column("liquidity", "Liquidity", 9),
  column("settlement_date", "Settles", 11),
];

const TOTALS: readonly Column[] = [
  column("symbol", "Symbol", 10),
  column("bought_quantity", "Bought", 12, "number"),
  column("bought", "For", 16, "number"),
  column("sold_quantity", "Sold", 12, "number"),
  column("sold", "For", 16, "number"),
];
