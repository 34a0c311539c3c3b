import { money, percentChange, signedMoney, trend } from "../../format.ts";
import { dayOpenOf } from "../../state/day-open.ts";
import { instruments, quoteOf, symbol } from "../../state/market.ts";
import { type Instrument, phaseOf } from "../../state/phase.ts";
import { texts } from "../../texts.ts";
import { Panel } from "../../ui/parts.tsx";

type ChangeProps = { readonly from: string | undefined; readonly to: string | null };

/** The change of today in percent. */
const Change = ({ from, to }: ChangeProps) => {
  if (from === undefined || to === null) return null;
  const percent = percentChange(from, to);
  if (percent === undefined) return null;
  return <span class={`number ${trend(percent)}`}>{signedMoney(percent)} %</span>;
};

const Row = ({ instrument }: { readonly instrument: Instrument }) => {
  const quote = quoteOf(instrument.symbol).value;
  const last = quote?.last ?? instrument.reference_price;
  const phase = phaseOf(instrument).kind;
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
          {phase === "open" || phase === "delayed" ? (
            <Change from={dayOpenOf(instrument.symbol)} to={last} />
          ) : (
            <span class={`badge ${phase}`}>{texts.trade.phases[phase]}</span>
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
