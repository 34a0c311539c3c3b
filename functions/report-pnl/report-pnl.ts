import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { ClosedLot, HoldingEvent, OpenLot } from "../../layers/domain/reports/lots.ts";
import { profitAndLoss, type SymbolProfit } from "../../layers/domain/reports/profit-and-loss.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import type { ReportRequest } from "../../layers/http/reports/report-answer.ts";
import type { Column, Report, Row } from "../../layers/representation/reports/document.ts";
import { headingOf } from "../../layers/representation/reports/heading.ts";
import type { Transaction } from "../../layers/store/pg/database.ts";
import { readHoldingEvents } from "../../layers/store/reports/fills.ts";
import { lastPrices } from "../../layers/store/reports/prices.ts";
import { findSubject } from "../../layers/store/reports/subject.ts";

/** The table that a CSV file has; JSON and PDF have all three. */
type PnlTable = "symbols" | "closed_lots" | "open_lots";

/**
 * Makes a profit-and-loss report by two methods: first in, first out, and average cost, which is what
 * the portfolio shows. Undefined for a client without an account.
 */
export const reportPnl = async (
  tx: Transaction,
  request: ReportRequest & {
    readonly symbol: Ticker | undefined;
    readonly table: PnlTable;
  },
): Promise<Report | undefined> => {
  const client = await findSubject(tx, request.clientId, request.period.to);
  if (client === undefined) return undefined;
  const events: HoldingEvent[] = [];
  for await (const page of readHoldingEvents(tx, client, request.period.to))
    for (const event of page)
      if (request.symbol === undefined || event.symbol === request.symbol) events.push(event);
  const symbols = [...new Set(events.map(({ symbol }) => symbol))];
  const questions = symbols.map((symbol) => ({ symbol, at: request.period.to, including: false }));
  const found = await lastPrices(tx, questions);
  const prices = new Map(symbols.map((symbol, index) => [symbol, found[index]]));
  const profits = profitAndLoss(events, request.period, (symbol) => prices.get(symbol));
  const heading = headingOf("pnl", "Profit and loss", { ...request, client });
  const tables = tablesOf(profits);
  const totals = totalsOf(profits);
  const first = tables.filter(({ name }) => name === request.table);
  return {
    ...heading,
    isWide: true,
    head: { ...heading.head, totals },
    summary: [
      `First in, first out: ${totalLine(totals.fifo)}`,
      `Average cost: ${totalLine(totals.average_cost)}`,
    ],
    tables: [...first, ...tables.filter(({ name }) => name !== request.table)],
  };
};

const tablesOf = (profits: readonly SymbolProfit[]) => [
  {
    ...{ name: "symbols", title: "By symbol", columns: SYMBOLS },
    pages: [profits.map(symbolRow)],
  },
  {
    ...{ name: "closed_lots", title: "Sold lots, first in, first out", columns: CLOSED },
    pages: [profits.flatMap(({ closedLots }) => closedLots.map(closedRow))],
  },
  {
    ...{ name: "open_lots", title: "Lots still owned", columns: OPEN },
    pages: [profits.flatMap(({ openLots }) => openLots.map(openRow))],
  },
];

const orNull = (amount: bigint | undefined): string | null =>
  amount === undefined ? null : formatMoney(amount);

const symbolRow = (profit: SymbolProfit): Row => ({
  symbol: profit.symbol,
  quantity: profit.quantity,
  market_price: orNull(profit.price),
  market_value: orNull(profit.marketValue),
  fifo_realized: formatMoney(profit.fifo.realized),
  fifo_unrealized: orNull(profit.fifo.unrealized),
  fifo_cost: formatMoney(profit.fifo.cost),
  average_realized: formatMoney(profit.average.realized),
  average_unrealized: orNull(profit.average.unrealized),
  average_cost: formatMoney(profit.average.cost),
});

const closedRow = (lot: ClosedLot): Row => ({
  symbol: lot.symbol,
  opened_at: lot.openedAt.toISOString(),
  open_reference: lot.openReference,
  closed_at: lot.closedAt.toISOString(),
  close_reference: lot.closeReference,
  quantity: lot.quantity,
  cost: formatMoney(lot.cost),
  proceeds: formatMoney(lot.proceeds),
  gain: formatMoney(lot.gain),
  days_held: lot.daysHeld,
});

const openRow = (lot: OpenLot): Row => ({
  symbol: lot.symbol,
  opened_at: lot.openedAt.toISOString(),
  open_reference: lot.openReference,
  quantity: lot.quantity,
  cost: formatMoney(lot.cost),
});

/**
 * The total is undefined when an unrealised gain is undefined, because a partial sum would mislead.
 */
const totalsOf = (profits: readonly SymbolProfit[]) => {
  const total = (amounts: readonly (bigint | undefined)[]): string | null =>
    amounts.some((amount) => amount === undefined)
      ? null
      : formatMoney(amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n));
  const of = (method: "fifo" | "average") => ({
    realized: total(profits.map((profit) => profit[method].realized)),
    unrealized: total(profits.map((profit) => profit[method].unrealized)),
  });
  return { fifo: of("fifo"), average_cost: of("average") };
};

const totalLine = (total: {
  readonly realized: string | null;
  readonly unrealized: string | null;
}): string => `realised ${total.realized}, unrealised ${total.unrealized ?? "unknown"}`;

const column = (key: string, title: string, width: number, kind: Column["kind"] = "text") => ({
  ...{ key, title, width, kind },
});

const SYMBOLS: readonly Column[] = [
  column("symbol", "Symbol", 7),
  column("quantity", "Quantity", 8, "number"),
  column("market_price", "Price", 10, "number"),
  column("market_value", "Value", 13, "number"),
  column("fifo_realized", "FIFO realised", 13, "number"),
  column("fifo_unrealized", "FIFO unrealised", 13, "number"),
  column("fifo_cost", "FIFO cost", 13, "number"),
  column("average_realized", "Average realised", 15, "number"),
  column("average_unrealized", "Average unrealised", 16, "number"),
  column("average_cost", "Average cost", 13, "number"),
];

const CLOSED: readonly Column[] = [
  column("symbol", "Symbol", 7),
  column("opened_at", "Bought (UTC)", 21),
  column("open_reference", "Trade", 34),
  column("closed_at", "Sold (UTC)", 21),
  column("close_reference", "Trade", 14),
  column("quantity", "Quantity", 9, "number"),
  column("cost", "Cost", 12, "number"),
  column("proceeds", "Proceeds", 12, "number"),
  column("gain", "Gain", 12, "number"),
  column("days_held", "Days", 6, "number"),
];

const OPEN: readonly Column[] = [
  column("symbol", "Symbol", 8),
  column("opened_at", "Bought (UTC)", 22),
  column("open_reference", "Trade", 34),
  column("quantity", "Quantity", 10, "number"),
  column("cost", "Cost", 14, "number"),
];
