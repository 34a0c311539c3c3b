/** How a chart shows prices, with the decimals of the instrument's tick. */
export const axisPriceOf = (tickSize: string): ((price: number) => string) => {
  const digits = tickSize.split(".")[1]?.length ?? 2;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (price) => price.toLocaleString("en-US", format);
};

const format = (time: unknown, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(undefined, options).format(new Date(Number(time) * 1_000));

/** Times in the zone of the person; the chart's own labels are UTC. */
export const axisTime = (time: unknown, kind: number): string =>
  format(time, kind < 3 ? { month: "short", day: "numeric" } : { timeStyle: "short" });

export const cursorTime = (time: unknown): string =>
  format(time, { dateStyle: "medium", timeStyle: "short" });
