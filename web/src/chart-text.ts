/** How the axis of a chart shows a price. */
export const axisPrice = (price: number): string =>
  price.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

const format = (time: unknown, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(undefined, options).format(new Date(Number(time) * 1_000));

/** Times in the zone of the person; the chart's own labels are UTC. */
export const axisTime = (time: unknown, kind: number): string =>
  format(time, kind < 3 ? { month: "short", day: "numeric" } : { timeStyle: "short" });

export const cursorTime = (time: unknown): string =>
  format(time, { dateStyle: "medium", timeStyle: "short" });
