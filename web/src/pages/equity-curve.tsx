import { AreaSeries, createChart, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { daysAgo, type Equity, readEquity, zone } from "../api/reports.ts";
import { axisPriceOf, axisTime, cursorTime } from "../chart-text.ts";
import { theme } from "../state/theme.ts";
import { texts } from "../texts.ts";
import { useLoaded } from "../ui/loaded.ts";
import { Empty, Failure, Loading, Panel } from "../ui/parts.tsx";

const text = texts.portfolio;
const DAYS = 6;

/**
 * Points that are later in time than the one before; the chart refuses others. The time before the account had
 * anything is left out.
 */
const pointsOf = (points: Equity["points"]) => {
  const begins = points.findIndex(({ equity }) => /[1-9]/.test(equity));
  const values = new Map(
    points
      .slice(begins === -1 ? points.length : begins)
      .map(({ time, equity }) => [
        Math.floor(Date.parse(time) / 1_000) as UTCTimestamp,
        Number(equity),
      ]),
  );
  return [...values].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
};

type Points = ReturnType<typeof pointsOf>;

const draw = (place: HTMLElement, points: Points) => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const lines = { color: colour("--line") };
  const chart = createChart(place, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      background: { color: "transparent" },
      textColor: colour("--muted"),
    },
    grid: { vertLines: lines, horzLines: lines },
    localization: { priceFormatter: axisPriceOf("0.01"), timeFormatter: cursorTime },
    timeScale: { timeVisible: true, borderVisible: false, tickMarkFormatter: axisTime },
    rightPriceScale: { borderVisible: false },
  });
  const series = chart.addSeries(AreaSeries, {
    lineColor: colour("--accent"),
    topColor: colour("--accent-soft"),
    bottomColor: colour("--panel"),
    lineWidth: 2,
  });
  series.setData(points);
  chart.timeScale().fitContent();
  return chart;
};

const Line = ({ points }: { readonly points: Points }) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const chart = draw(place.current, points);
    return () => chart.remove();
  }, [points, theme.value]);
  return <div class="line-chart" ref={place} role="img" aria-label={text.curveLabel} />;
};

/** Two points make a line; the second is the first full hour or day with something in the account. */
export const EquityChart = ({ points, interval }: Pick<Equity, "points" | "interval">) => {
  const shown = useMemo(() => pointsOf(points), [points]);
  if (shown.length < 2) return <Empty>{text.curveBegins(interval)}</Empty>;
  return <Line points={shown} />;
};

/** The equity of the last days, hour by hour. */
export const EquityCurve = () => {
  const period = { from: daysAgo(DAYS), to: daysAgo(0), tz: zone };
  const equity = useLoaded(() => readEquity(period, "hour"));
  return (
    <Panel title={text.curve}>
      <Failure>{equity.error}</Failure>
      {equity.value === undefined ? (
        equity.error === undefined && <Loading />
      ) : (
        <EquityChart points={equity.value.points} interval="hour" />
      )}
    </Panel>
  );
};
