import type { Statement } from "../../api/reports.ts";
import { figure, shares, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Empty, Panel, Time } from "../../ui/parts.tsx";
import { ReportTable } from "./report-table.tsx";

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

const ACTIVITIES = [
  [text.columns.time],
  [text.columns.kind],
  [text.columns.asset],
  [text.columns.amount, "number"],
  [text.columns.balance, "number"],
] as const;

const activityRow = (line: Statement["activities"][number], index: number) => (
  <tr key={index}>
    <td>
      <Time at={line.time} />
    </td>
    <td>{words(line.kind)}</td>
    <td>{line.asset}</td>
    <td class="number">{figure(line.amount)}</td>
    <td class="number">{figure(line.balance)}</td>
  </tr>
);

const OPEN_ORDERS = [
  [text.columns.accepted],
  [text.columns.side],
  [texts.trade.symbol],
  [text.columns.openQuantity, "number"],
  [text.columns.held, "number"],
] as const;

const openOrderRow = (order: Statement["open_orders"][number]) => (
  <tr key={order.order_id}>
    <td>
      <Time at={order.created_at} />
    </td>
    <td>{words(order.direction)}</td>
    <td>{order.symbol}</td>
    <td class="number">{shares(order.open_quantity)}</td>
    <td class="number">
      {figure(order.reserved_amount)} {order.reserved_asset}
    </td>
  </tr>
);

/** Balances at both ends of the period, what changed them, and the orders that were open at its end. */
export const StatementReport = ({ report }: { readonly report: Statement }) => (
  <>
    <div class="columns">
      <BalanceList title={text.opening} balances={report.opening} />
      <BalanceList title={text.closing} balances={report.closing} />
    </div>
    <ReportTable
      title={text.openOrders}
      columns={OPEN_ORDERS}
      rows={report.open_orders}
      row={openOrderRow}
      empty={text.noOpenOrders}
    />
    <ReportTable
      title={text.activities}
      columns={ACTIVITIES}
      rows={report.activities}
      row={activityRow}
    />
  </>
);
