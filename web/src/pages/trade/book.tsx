import type { Level } from "../../../../sdk/index.ts";
import { minus, money, shares } from "../../format.ts";
import { book, bookState, symbol } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { Empty, Panel } from "../../ui/parts.tsx";
import { fillTicket } from "./draft.ts";

const SHOWN = 10;

type Side = "bid" | "ask";

const Row = ({ level, side, most }: { level: Level; side: Side; most: number }) => {
  const [price, quantity] = level;
  const fill = (): void => fillTicket(price, side === "ask" ? "buy" : "sell");
  return (
    <tr class={side} style={{ "--depth": `${Math.round((quantity / most) * 100)}%` }}>
      <td>
        <button type="button" onClick={fill} aria-label={texts.trade.book.fill(side, money(price))}>
          {money(price)}
        </button>
      </td>
      <td class="number">{shares(quantity)}</td>
    </tr>
  );
};

const State = () => (
  <span class={`badge ${bookState.value}`} role="status" data-book-state={bookState.value}>
    {texts.trade.book.states[bookState.value]}
  </span>
);

const Spread = ({ bids, asks }: { bids: readonly Level[]; asks: readonly Level[] }) => {
  const bid = bids[0]?.[0];
  const ask = asks[0]?.[0];
  return (
    <tr class="spread">
      <th scope="row">{texts.trade.book.spread}</th>
      <td class="number">
        {bid !== undefined && ask !== undefined ? money(minus(ask, bid)) : "–"}
      </td>
    </tr>
  );
};

const Levels = ({ bids, asks }: { bids: readonly Level[]; asks: readonly Level[] }) => {
  const topBids = bids.slice(0, SHOWN);
  const topAsks = asks.slice(0, SHOWN);
  const most = Math.max(1, ...[...topBids, ...topAsks].map(([, quantity]) => quantity));
  return (
    <table class="ladder" aria-label={texts.trade.book.label(symbol.value)}>
      <thead>
        <tr>
          <th scope="col">{texts.trade.price}</th>
          <th scope="col" class="number">
            {texts.trade.quantity}
          </th>
        </tr>
      </thead>
      <tbody>
        {topAsks.toReversed().map((level) => (
          <Row key={`ask ${level[0]}`} level={level} side="ask" most={most} />
        ))}
        <Spread bids={bids} asks={asks} />
        {topBids.map((level) => (
          <Row key={`bid ${level[0]}`} level={level} side="bid" most={most} />
        ))}
      </tbody>
    </table>
  );
};

/** The verified order book; clicking a price fills the ticket with it. */
export const OrderBook = () => {
  const current = book.value;
  const empty = current !== undefined && current.bids.length + current.asks.length === 0;
  return (
    <Panel title={texts.trade.book.title} aside={<State />} class={`book ${bookState.value}`}>
      {current === undefined || empty ? (
        <Empty>{empty ? texts.trade.book.empty : texts.common.loading}</Empty>
      ) : (
        <Levels bids={current.bids} asks={current.asks} />
      )}
    </Panel>
  );
};
