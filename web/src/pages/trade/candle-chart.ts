import {
  type CandlestickData,
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type UTCTimestamp,
} from "lightweight-charts";
import type { components, Trade } from "../../../../sdk/index.ts";
import { axisPriceOf, axisTime, cursorTime } from "../../chart-text.ts";
import { atNextFrame } from "../../state/frame.ts";

export type Candle = components["schemas"]["Candle"];

// The chart draws pixels, so prices become floats here and nowhere else. No amount is computed from them.

type Bar = CandlestickData<UTCTimestamp> & { readonly volume: number };

const secondsOf = (timestamp: string): number => Math.floor(Date.parse(timestamp) / 1_000);

const barOf = (candle: Candle): Bar => ({
  time: secondsOf(candle.opens_at) as UTCTimestamp,
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
  volume: candle.volume,
});

/** The bar after a trade: the last one grown, or a new one. */
export const grow = (last: Bar | undefined, trade: Trade, intervalSeconds: number): Bar => {
  const price = Number(trade.price);
  const seconds = secondsOf(trade.ts);
  const time = (seconds - (seconds % intervalSeconds)) as UTCTimestamp;
  if (last === undefined || time > last.time)
    return { time, open: price, high: price, low: price, close: price, volume: trade.quantity };
  return {
    ...last,
    high: Math.max(last.high, price),
    low: Math.min(last.low, price),
    close: price,
    volume: last.volume + trade.quantity,
  };
};

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: colour("--muted"),
    grid: colour("--line"),
    up: colour("--gain"),
    down: colour("--loss"),
    volume: colour("--volume"),
  };
};

const setUp = (place: HTMLElement) => {
  const chart = createChart(place, {
    autoSize: true,
    layout: { attributionLogo: false, background: { color: "transparent" } },
    timeScale: {
      timeVisible: true,
      borderVisible: false,
      barSpacing: 9,
      rightOffset: 3,
      tickMarkFormatter: axisTime,
    },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.24 } },
    localization: { priceFormatter: axisPriceOf("0.01"), timeFormatter: cursorTime },
  });
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const volumes = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  return { chart, candles, volumes };
};

/** Candles with volumes below them; the last one moves with each trade. */
export class CandleChart {
  readonly #parts: ReturnType<typeof setUp>;
  #last: Bar | undefined;
  /** Trades that came before the candles; undefined once those are shown. */
  #early: { readonly trade: Trade; readonly seconds: number }[] | undefined = [];
  #generation = 0;

  constructor(place: HTMLElement) {
    this.#parts = setUp(place);
    this.applyTheme();
  }

  clear(): void {
    this.#generation += 1;
    this.#early = [];
    this.#last = undefined;
    this.#parts.candles.setData([]);
    this.#parts.volumes.setData([]);
  }

  /** Shows candles that contain every trade up to `seq`. */
  show(candles: readonly Candle[], seq: number): void {
    const bars = candles.map(barOf);
    this.#last = bars.at(-1);
    this.#parts.candles.setData(bars);
    this.#parts.volumes.setData(bars.map(({ time, volume }) => ({ time, value: volume })));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const { trade, seconds } of early) if (trade.seq > seq) this.add(trade, seconds);
  }

  add(trade: Trade, seconds: number): void {
    if (this.#early !== undefined) {
      this.#early.push({ trade, seconds });
      return;
    }
    const bar = grow(this.#last, trade, seconds);
    const generation = this.#generation;
    this.#last = bar;
    atNextFrame(`candle ${bar.time}`, () => {
      if (generation !== this.#generation) return;
      this.#parts.candles.update(bar);
      this.#parts.volumes.update({ time: bar.time, value: bar.volume });
    });
  }

  applyTick(tickSize: string): void {
    this.#parts.chart.applyOptions({ localization: { priceFormatter: axisPriceOf(tickSize) } });
  }

  applyTheme(): void {
    const { text, grid, up, down, volume } = colours();
    const { chart, candles, volumes } = this.#parts;
    const lines = { color: grid };
    chart.applyOptions({
      layout: { textColor: text },
      grid: { vertLines: lines, horzLines: lines },
    });
    candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    volumes.applyOptions({ color: volume });
  }

  remove(): void {
    this.#generation += 1;
    this.#parts.chart.remove();
  }
}
