import type { Equity, Report } from "../../api/reports.ts";
import { percent, yearly } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Empty, Panel } from "../../ui/parts.tsx";
import { EquityChart } from "../equity-curve.tsx";
import { PnlReport } from "./pnl.tsx";
import { StatementReport } from "./statement.tsx";
import { TradesReport } from "./trades.tsx";

const text = texts.reports;

/** A report as tables. */
export const ReportOf = ({ shown }: { readonly shown: Report }) => {
  if (shown.kind === "statement") return <StatementReport report={shown.report} />;
  if (shown.kind === "trades") return <TradesReport report={shown.report} />;
  if (shown.kind === "pnl") return <PnlReport report={shown.report} />;
  return <EquityReport report={shown.report} />;
};

const EquityReport = ({ report }: { readonly report: Equity }) => (
  <Panel title={text.equity}>
    <dl class="available">
      <dt>{text.timeWeighted}</dt>
      <dd class="number">{percent(report.time_weighted_return)}</dd>
      <dt>{text.moneyWeighted}</dt>
      <dd class="number">{yearly(report.money_weighted_return)}</dd>
    </dl>
    {report.points.length === 0 ? (
      <Empty>{text.none}</Empty>
    ) : (
      <EquityChart points={report.points} interval={report.interval} />
    )}
  </Panel>
);
