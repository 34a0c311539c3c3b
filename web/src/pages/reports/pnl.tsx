import type { Pnl } from "../../api/reports.ts";
import { figure, shares } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Gain, Time } from "../../ui/parts.tsx";
import { ReportTable } from "./report-table.tsx";

const text = texts.reports;

const SYMBOLS = [
  [texts.trade.symbol],
  [texts.trade.quantity, "number"],
  [text.columns.value, "number"],
  [text.columns.fifoRealized, "number"],
  [text.columns.fifoUnrealized, "number"],
  [text.columns.averageRealized, "number"],
  [text.columns.averageUnrealized, "number"],
] as const;

const GainCell = ({ amount }: { readonly amount: string | null }) => (
  <td class="number">
    <Gain amount={amount} />
  </td>
);

const symbolRow = (line: Pnl["symbols"][number]) => (
  <tr key={line.symbol}>
    <th scope="row">{line.symbol}</th>
    <td class="number">{shares(line.quantity)}</td>
    <td class="number">{figure(line.market_value)}</td>
    <GainCell amount={line.fifo_realized} />
    <GainCell amount={line.fifo_unrealized} />
    <GainCell amount={line.average_realized} />
    <GainCell amount={line.average_unrealized} />
  </tr>
);

const Total = ({ totals: { fifo, average_cost: average } }: Pick<Pnl, "totals">) => (
  <tr>
    <th scope="row">{text.total}</th>
    <td />
    <td />
    <GainCell amount={fifo.realized} />
    <GainCell amount={fifo.unrealized} />
    <GainCell amount={average.realized} />
    <GainCell amount={average.unrealized} />
  </tr>
);

const CLOSED_LOTS = [
  [texts.trade.symbol],
  [text.columns.lotBought],
  [text.columns.lotSold],
  [text.columns.daysHeld, "number"],
  [texts.trade.quantity, "number"],
  [text.columns.cost, "number"],
  [text.columns.proceeds, "number"],
  [text.columns.gain, "number"],
] as const;

const closedLotRow = (lot: Pnl["closed_lots"][number], index: number) => (
  <tr key={index}>
    <th scope="row">{lot.symbol}</th>
    <td>
      <Time at={lot.opened_at} />
    </td>
    <td>
      <Time at={lot.closed_at} />
    </td>
    <td class="number">{shares(lot.days_held)}</td>
    <td class="number">{shares(lot.quantity)}</td>
    <td class="number">{figure(lot.cost)}</td>
    <td class="number">{figure(lot.proceeds)}</td>
    <GainCell amount={lot.gain} />
  </tr>
);

const OPEN_LOTS = [
  [texts.trade.symbol],
  [text.columns.lotBought],
  [texts.trade.quantity, "number"],
  [text.columns.cost, "number"],
] as const;

const openLotRow = (lot: Pnl["open_lots"][number], index: number) => (
  <tr key={index}>
    <th scope="row">{lot.symbol}</th>
    <td>
      <Time at={lot.opened_at} />
    </td>
    <td class="number">{shares(lot.quantity)}</td>
    <td class="number">{figure(lot.cost)}</td>
  </tr>
);

/** The gains of each symbol by two methods, and the lots of the first one (first in, first out). */
export const PnlReport = ({ report }: { readonly report: Pnl }) => (
  <>
    <ReportTable
      title={text.pnl}
      columns={SYMBOLS}
      rows={report.symbols}
      row={symbolRow}
      total={<Total totals={report.totals} />}
    />
    <ReportTable
      title={text.closedLots}
      columns={CLOSED_LOTS}
      rows={report.closed_lots}
      row={closedLotRow}
      empty={text.noClosedLots}
    />
    <ReportTable
      title={text.openLots}
      columns={OPEN_LOTS}
      rows={report.open_lots}
      row={openLotRow}
      empty={text.noOpenLots}
    />
  </>
);
