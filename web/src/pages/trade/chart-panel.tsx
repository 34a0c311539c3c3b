import { useEffect, useRef, useState } from "preact/hooks";
import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { money } from "../../format.ts";
import { gaps, instrument, instrumentOf, onTrade, quoteOf, symbol } from "../../state/market.ts";
import { theme } from "../../state/theme.ts";
import { texts } from "../../texts.ts";
import { Failure, Panel } from "../../ui/parts.tsx";
import { CandleChart } from "./candle-chart.ts";

const INTERVALS = ["1m", "5m", "1h", "1d"] as const;
type Interval = (typeof INTERVALS)[number];

const SECONDS: Readonly<Record<Interval, number>> = {
  "1m": 60,
  "5m": 300,
  "1h": 3_600,
  "1d": 86_400,
};
const COUNT = 300;

const readCandles = (ticker: string, interval: Interval) =>
  unwrap(
    brokerx.api.GET("/api/v1/instruments/{symbol}/candles", {
      params: { path: { symbol: ticker }, query: { interval, limit: COUNT } },
    }),
  );

/** Shows candles and moves the last one with each trade. After a gap in the trades the candles are read again. */
const useCandles = (ticker: string, interval: Interval) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<CandleChart | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const created = new CandleChart(place.current);
    chart.current = created;
    return () => created.remove();
  }, []);
  useEffect(() => chart.current?.applyTheme(), [theme.value]);
  useEffect(() => {
    const shown = chart.current;
    if (shown === undefined || ticker === "") return;
    let dropped = false;
    shown.clear();
    shown.applyTick(instrumentOf(ticker)?.tick_size ?? "0.01");
    setFailed(false);
    const stop = onTrade((trade) => shown.add(trade, SECONDS[interval]));
    readCandles(ticker, interval).then(
      ({ candles, seq }) => !dropped && shown.show(candles.toReversed(), seq),
      () => !dropped && setFailed(true),
    );
    return () => {
      dropped = true;
      stop();
    };
  }, [ticker, interval, gaps.value]);
  return { place, failed };
};

const Quote = () => {
  const quote = quoteOf(symbol.value).value;
  return (
    <dl class="quote">
      <div class="last">
        <dt>{texts.trade.last}</dt>
        <dd class="number">{money(quote?.last ?? instrument.value?.reference_price)}</dd>
      </div>
      <div>
        <dt>{texts.trade.bid}</dt>
        <dd class="number">{money(quote?.bid)}</dd>
      </div>
      <div>
        <dt>{texts.trade.ask}</dt>
        <dd class="number">{money(quote?.ask)}</dd>
      </div>
    </dl>
  );
};

type IntervalsProps = { readonly value: Interval; readonly onChange: (value: Interval) => void };

const Intervals = ({ value, onChange }: IntervalsProps) => (
  <fieldset class="intervals">
    <legend class="unseen">{texts.trade.chart.interval}</legend>
    {INTERVALS.map((interval) => (
      <button
        type="button"
        key={interval}
        aria-pressed={interval === value}
        onClick={() => onChange(interval)}
      >
        {interval}
      </button>
    ))}
  </fieldset>
);

/** The price of the symbol over time. */
export const ChartPanel = () => {
  const [interval, setInterval] = useState<Interval>("1m");
  const { place, failed } = useCandles(symbol.value, interval);
  const name = instrument.value?.name ?? "";
  return (
    <Panel
      title={`${symbol.value} ${name}`}
      aside={<Intervals value={interval} onChange={setInterval} />}
      class="chart-panel"
    >
      <Quote />
      {failed && <Failure>{texts.trade.chart.failed}</Failure>}
      <div
        class="chart"
        ref={place}
        role="img"
        aria-label={texts.trade.chart.label(symbol.value)}
      />
    </Panel>
  );
};
