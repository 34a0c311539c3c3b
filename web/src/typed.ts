import { parseDecimal } from "../../sdk/index.ts";
import { texts } from "./texts.ts";

/**
 * `cash` is an amount to deposit or withdraw, in whole cents. `amount` and `whole` are decimals and whole
 * numbers with limits that only the API knows; they may be zero.
 */
export type FigureKind = "cash" | "amount" | "price" | "shares" | "whole";

/** A figure as the API takes it, or what is wrong with it; neither while nothing is typed. */
export type Figure = { readonly value?: string; readonly fault?: string };

const text = texts.figures;
const PLAIN = /^[0-9]+(?:\.[0-9]+)?$/;
/** Groups of three digits, all separated by commas or all by spaces of a usual width. */
const GROUPED =
  /^[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:[ \u00a0\u2009\u202f][0-9]{3})+)(?:\.[0-9]+)?$/;
/** A price such as 101,250 may be a hundred and a quarter, or a hundred thousand. */
const UNCLEAR_PRICE = /^[0-9]+,[0-9]{3}$/;
const DECIMALS = { cash: 2, amount: 4, price: 4 } as const;
const CASH_MAX = parseDecimal("1000000") ?? 0n;

/** Reads a figure that may have thousands separators. A decimal comma is refused, never guessed. */
export const readFigure = (kind: FigureKind, typed: string): Figure => {
  const trimmed = typed.trim();
  if (trimmed === "") return {};
  if (!PLAIN.test(trimmed) && !GROUPED.test(trimmed))
    return { fault: trimmed.includes(",") ? text.comma : text.noNumber[kind] };
  if (kind === "price" && UNCLEAR_PRICE.test(trimmed)) return { fault: text.comma };
  const value = trimmed.replace(/[,\s]/g, "").replace(/^0+(?=[0-9])/, "");
  const fault =
    kind === "shares" || kind === "whole" ? faultOfWhole(kind, value) : faultOfMoney(kind, value);
  return fault === undefined ? { value } : { fault };
};

const faultOfWhole = (kind: "shares" | "whole", value: string): string | undefined => {
  if (value.includes(".")) return text.notWhole[kind];
  if (value === "0" && kind === "shares") return text.zero;
  return Number.isSafeInteger(Number(value)) ? undefined : text.tooLarge;
};

const faultOfMoney = (kind: keyof typeof DECIMALS, value: string): string | undefined => {
  const fraction = value.split(".")[1] ?? "";
  if (fraction.length > DECIMALS[kind]) return text.tooFine(DECIMALS[kind]);
  const units = parseDecimal(value);
  if (units === undefined) return text.tooLarge;
  if (units === 0n && kind !== "amount") return text.zero;
  return kind === "cash" && units > CASH_MAX ? text.cashTooLarge : undefined;
};
