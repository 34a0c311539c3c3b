import type { Equity, Pnl, Report, Statement, Trades } from "../../api/reports.ts";
import { figure, percent, shares, words, yearly } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Empty, Gain, Panel, Table, Time } from "../../ui/parts.tsx";
import { EquityChart } from "../equity-curve.tsx";

const text = texts.reports;

type Balances = Statement["opening"];

const BalanceList = ({ title, balances }: { title: string; balances: Balances }) => (
  <Panel title={title}>
    {balances.length === 0 ? (
      <Empty>{text.noBalances}</Empty>
    ) : (
      <dl class="available">
        {balances.map(({ asset, balance }) => (
          <>
            <dt>{asset}</dt>
            <dd class="number">{figure(balance)}</dd>
          </>
        ))}
      </dl>
    )}
  </Panel>
);

const StatementReport = ({ report }: { readonly report: Statement }) => (
  <>
    <div class="columns">
      <BalanceList title={text.opening} balances={report.opening} />
      <BalanceList title={text.closing} balances={report.closing} />
    </div>
    <Panel title={text.activities}>
      {report.activities.length === 0 ? (
        <Empty>{text.none}</Empty>
      ) : (
        <Table
          label={text.activities}
          columns={[
            [text.columns.time],
            [text.columns.kind],
            [text.columns.asset],
            [text.columns.amount, "number"],
            [text.columns.balance, "number"],
          ]}
        >
          {report.activities.map((line, index) => (
            <tr key={index}>
              <td>
                <Time at={line.time} />
              </td>
              <td>{words(line.kind)}</td>
              <td>{line.asset}</td>
              <td class="number">{figure(line.amount)}</td>
              <td class="number">{figure(line.balance)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  </>
);

const TradesReport = ({ report }: { readonly report: Trades }) => (
  <Panel title={text.trades}>
    {report.trades.length === 0 ? (
      <Empty>{text.none}</Empty>
    ) : (
      <Table
        label={text.trades}
        columns={[
          [text.columns.time],
          [text.columns.side],
          [texts.trade.symbol],
          [texts.trade.quantity, "number"],
          [texts.trade.price, "number"],
          [text.columns.gross, "number"],
          [text.columns.fee, "number"],
          [text.columns.net, "number"],
          [text.columns.liquidity],
        ]}
      >
        {report.trades.map((trade) => (
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
        ))}
      </Table>
    )}
  </Panel>
);

const PnlReport = ({ report }: { readonly report: Pnl }) => (
  <Panel title={text.pnl}>
    {report.symbols.length === 0 ? (
      <Empty>{text.none}</Empty>
    ) : (
      <Table
        label={text.pnl}
        columns={[
          [texts.trade.symbol],
          [texts.trade.quantity, "number"],
          [text.columns.value, "number"],
          [text.columns.fifoRealized, "number"],
          [text.columns.fifoUnrealized, "number"],
          [text.columns.averageRealized, "number"],
          [text.columns.averageUnrealized, "number"],
        ]}
      >
        {report.symbols.map((line) => (
          <tr key={line.symbol}>
            <th scope="row">{line.symbol}</th>
            <td class="number">{shares(line.quantity)}</td>
            <td class="number">{figure(line.market_value)}</td>
            <td class="number">
              <Gain amount={line.fifo_realized} />
            </td>
            <td class="number">
              <Gain amount={line.fifo_unrealized} />
            </td>
            <td class="number">
              <Gain amount={line.average_realized} />
            </td>
            <td class="number">
              <Gain amount={line.average_unrealized} />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Panel>
);

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

/** A report as tables. */
export const ReportOf = ({ shown }: { readonly shown: Report }) => {
  if (shown.kind === "statement") return <StatementReport report={shown.report} />;
  if (shown.kind === "trades") return <TradesReport report={shown.report} />;
  if (shown.kind === "pnl") return <PnlReport report={shown.report} />;
  return <EquityReport report={shown.report} />;
};
