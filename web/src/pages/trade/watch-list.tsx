import { money, percentChange, signedMoney, trend } from "../../format.ts";
import { type Instrument, instruments, quoteOf, statusOf, symbol } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { Panel } from "../../ui/parts.tsx";

const Change = ({ from, to }: { readonly from: string | null; readonly to: string | null }) => {
  if (from === null || to === null) return null;
  const percent = percentChange(from, to);
  if (percent === undefined) return null;
  return <span class={`number ${trend(percent)}`}>{signedMoney(percent)} %</span>;
};

const Row = ({ instrument }: { readonly instrument: Instrument }) => {
  const quote = quoteOf(instrument.symbol).value;
  const last = quote?.last ?? instrument.reference_price;
  const halted = statusOf(instrument.symbol)?.level === "halted";
  const current = instrument.symbol === symbol.value;
  return (
    <li>
      <a href={`/trade/${instrument.symbol}`} aria-current={current ? "true" : undefined}>
        <span class="watch-name">
          <b>{instrument.symbol}</b>
          <span class="muted">{instrument.name}</span>
        </span>
        <span class="watch-price">
          <span class="number">{money(last)}</span>
          {halted ? (
            <span class="badge halted">{texts.trade.book.states.halted}</span>
          ) : (
            <Change from={instrument.reference_price} to={last} />
          )}
        </span>
      </a>
    </li>
  );
};

/** Every instrument with its last price, live. */
export const WatchList = () => (
  <Panel title={texts.trade.watchList} class="watch-list">
    <ul>
      {instruments.value?.map((instrument) => (
        <Row key={instrument.symbol} instrument={instrument} />
      ))}
    </ul>
  </Panel>
);
