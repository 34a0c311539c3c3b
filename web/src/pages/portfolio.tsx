import { useEffect } from "preact/hooks";
import { money, shares } from "../format.ts";
import { loadPortfolio, type Portfolio, portfolio } from "../state/account.ts";
import { texts } from "../texts.ts";
import { useAction } from "../ui/action.ts";
import { Empty, Failure, Gain, Loading, Panel, Table } from "../ui/parts.tsx";
import { EquityCurve } from "./equity-curve.tsx";

const text = texts.portfolio;
const REFRESH_MS = 5_000;

const COLUMNS = [
  [text.columns.symbol],
  [text.columns.quantity, "number"],
  [text.columns.available, "number"],
  [text.columns.average, "number"],
  [text.columns.market, "number"],
  [text.columns.value, "number"],
  [text.columns.unrealized, "number"],
  [text.columns.realized, "number"],
] as const;

const Tiles = ({ read }: { readonly read: Portfolio }) => (
  <dl class="tiles">
    {(
      [
        [text.equity, read.equity],
        [text.total, read.total_balance],
        [text.available, read.available_balance],
        [text.held, read.reserved_balance],
      ] as const
    ).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd class="number">
          {money(value)} <span class="muted">{read.currency}</span>
        </dd>
      </div>
    ))}
  </dl>
);

const Positions = ({ positions }: Pick<Portfolio, "positions">) => (
  <Table label={text.positions} columns={COLUMNS}>
    {positions.map((position) => (
      <tr key={position.symbol}>
        <th scope="row">
          <a href={`/trade/${position.symbol}`}>{position.symbol}</a>
        </th>
        <td class="number">{shares(position.quantity)}</td>
        <td class="number">{shares(position.available)}</td>
        <td class="number">{money(position.average_price)}</td>
        <td class="number">{money(position.market_price)}</td>
        <td class="number">{money(position.market_value)}</td>
        <td class="number">
          <Gain amount={position.unrealized_pnl} />
        </td>
        <td class="number">
          <Gain amount={position.realized_pnl} />
        </td>
      </tr>
    ))}
  </Table>
);

/** Cash, positions and what they are worth, read again every few seconds. */
export const PortfolioPage = () => {
  const load = useAction(loadPortfolio);
  useEffect(() => {
    load.run();
    const timer = setInterval(() => document.hidden || load.run(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const read = portfolio.value;
  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <Failure>{load.error}</Failure>
      {read === undefined ? <Loading /> : <Tiles read={read} />}
      <Panel title={text.positions}>
        {read === undefined ? (
          <Loading />
        ) : read.positions.length === 0 ? (
          <Empty>{text.none}</Empty>
        ) : (
          <Positions positions={read.positions} />
        )}
      </Panel>
      <EquityCurve />
    </div>
  );
};
