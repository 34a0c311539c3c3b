import type { Trades } from "../../api/reports.ts";
import { figure, shares, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Time } from "../../ui/parts.tsx";
import { ReportTable } from "./report-table.tsx";

const text = texts.reports;

const TRADES = [
  [text.columns.time],
  [text.columns.side],
  [texts.trade.symbol],
  [texts.trade.quantity, "number"],
  [texts.trade.price, "number"],
  [text.columns.gross, "number"],
  [text.columns.fee, "number"],
  [text.columns.net, "number"],
  [text.columns.liquidity],
] as const;

const tradeRow = (trade: Trades["trades"][number]) => (
  <tr key={`${trade.trade_id} ${trade.order_id}`}>
    <td>
      <Time at={trade.time} />
    </td>
    <td>{words(trade.side)}</td>
    <td>{trade.symbol}</td>
    <td class="number">{shares(trade.quantity)}</td>
    <td class="number">{figure(trade.price)}</td>
    <td class="number">{figure(trade.gross)}</td>
    <td class="number">{figure(trade.fee)}</td>
    <td class="number">{figure(trade.net)}</td>
    <td>{words(trade.liquidity)}</td>
  </tr>
);

const TOTALS = [
  [texts.trade.symbol],
  [text.columns.boughtQuantity, "number"],
  [text.columns.bought, "number"],
  [text.columns.soldQuantity, "number"],
  [text.columns.sold, "number"],
] as const;

const totalRow = (total: Trades["totals"][number]) => (
  <tr key={total.symbol}>
    <th scope="row">{total.symbol}</th>
    <td class="number">{figure(total.bought_quantity)}</td>
    <td class="number">{figure(total.bought)}</td>
    <td class="number">{figure(total.sold_quantity)}</td>
    <td class="number">{figure(total.sold)}</td>
  </tr>
);

/** What was bought and sold of each symbol, and a confirmation for each fill. */
export const TradesReport = ({ report }: { readonly report: Trades }) => (
  <>
    <ReportTable title={text.totals} columns={TOTALS} rows={report.totals} row={totalRow} />
    <ReportTable title={text.trades} columns={TRADES} rows={report.trades} row={tradeRow} />
  </>
);
