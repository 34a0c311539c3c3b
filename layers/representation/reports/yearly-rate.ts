/**
 * A money-weighted return as people read it. A gain or loss of a few minutes would be billions of
 * percent in a year, which says nothing.
 */
export const yearlyRate = (rate: number | undefined): string => {
  if (rate === undefined) return "none";
  if (rate > 10) return "more than 1,000 % (not meaningful for a short period)";
  if (rate < -0.99) return "less than -99 % (not meaningful for a short period)";
  return `${(Math.round(rate * 10_000) / 100 || 0).toFixed(2)} %`;
};
