import { formatDecimal, parseDecimal } from "../../sdk/index.ts";
import { texts } from "./texts.ts";

/** `1234567` as `1,234,567`. */
const separated = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** `1234567.50` as `1,234,567.50`, and a typed `7.5` as `7.50`: nothing is rounded. */
export const money = (text: string | null | undefined): string => {
  if (text === null || text === undefined) return "–";
  const [whole = "0", fraction = "00"] = text.split(".");
  return `${separated(whole)}.${fraction.padEnd(2, "0")}`;
};

/** Any figure of a report with separators, and with no other change: cash or shares. */
export const figure = (text: string | null): string => {
  if (text === null) return "–";
  const [whole = "0", fraction] = text.split(".");
  return fraction === undefined ? separated(whole) : `${separated(whole)}.${fraction}`;
};

/** A rate such as `-0.039500` as `-3.95 %`: the point moves by two digits, nothing is rounded. */
export const percent = (text: string | null): string => {
  if (text === null) return "–";
  const sign = text.startsWith("-") ? "-" : "";
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const digits = fraction.padEnd(4, "0");
  const points = `${whole}${digits.slice(0, 2)}`.replace(/^0+(?=\d)/, "");
  const rest = digits.slice(2).replace(/(?<=\d\d)0+$/, "");
  return `${sign}${separated(points)}.${rest} %`;
};

/** A rate for a year with two decimals. What a few minutes would make of a year says nothing. */
export const yearly = (text: string | null): string => {
  const rate = Number(text);
  if (rate > 10) return texts.reports.farAbove;
  if (rate < -0.99) return texts.reports.farBelow;
  return text === null ? "–" : percent((Math.round(rate * 10_000) / 10_000 || 0).toFixed(4));
};

/** A sentence of the API with separators in its figures and its timestamps in the person's zone. */
export const readable = (sentence: string): string =>
  sentence.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|(?<![\w.-])\d{4,}(?![\w-])/g, (found) =>
    found.includes("T") ? minute(found) : separated(found),
  );

export const signedMoney = (text: string | null): string =>
  text !== null && !text.startsWith("-") && /[1-9]/.test(text) ? `+${money(text)}` : money(text);

export const shares = (count: number): string => count.toLocaleString("en-US");

/** Money or shares, whichever an activity carries. */
export const amount = (value: string | number): string =>
  typeof value === "number" ? shares(value) : money(value);

/** `gain`, `loss` or `even`: which colour and sign a figure gets. */
export const trend = (text: string | null): "gain" | "loss" | "even" => {
  const units = parseDecimal(text ?? "0") ?? 0n;
  if (units === 0n) return "even";
  return units > 0n ? "gain" : "loss";
};

/** The exact product of a price and a number of shares. */
export const times = (price: string, quantity: number): string | undefined => {
  const units = parseDecimal(price);
  return units === undefined ? undefined : formatDecimal(units * BigInt(quantity));
};

/** The exact difference of two decimals. */
export const minus = (a: string, b: string): string =>
  formatDecimal((parseDecimal(a) ?? 0n) - (parseDecimal(b) ?? 0n));

/** The change from one price to another in percent, with two decimals. */
export const percentChange = (from: string, to: string): string | undefined => {
  const base = parseDecimal(from) ?? 0n;
  if (base === 0n) return undefined;
  const hundredths = (((parseDecimal(to) ?? 0n) - base) * 10_000n) / base;
  return formatDecimal(hundredths * 100n);
};

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const clock = (timestamp: string): string => CLOCK.format(new Date(timestamp));
export const moment = (timestamp: string): string => MOMENT.format(new Date(timestamp));
export const minute = (timestamp: string): string => MINUTE.format(new Date(timestamp));

/** A word of the API, such as `partially_filled`, as people read it. */
export const words = (code: string): string => {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
