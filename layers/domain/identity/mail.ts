import { unreachable } from "../assert.ts";
import type { OrderId, Ticker } from "../identifiers.ts";
import { averagePrice, type Direction, isTerminal, type OrderStatus } from "../orders/order.ts";
import { formatMoney, type Money, type Shares } from "../units.ts";
import { greeting, letter, linkTo } from "./letter.ts";
import { CODE_SECONDS } from "./mfa.ts";

/** A plain text mail without its recipient. The subject contains no text that a client entered. */
export type Mail = {
  readonly purpose: "sign_up" | "code" | "order" | "security" | "transfer" | "statement";
  readonly subject: string;
  readonly body: string;
};

/** How long the link of a sign-up is valid. */
export const VERIFICATION_SECONDS = 86_400;

/**
 * The most sign-up mails to one address in an hour. Further sign-ups with the address change
 * nothing and are answered the same.
 */
export const SIGN_UP_MAILS_PER_HOUR = 5;

/**
 * Asks the owner of the address to confirm it. The mail contains no name: the sign-up may come from
 * another person, who must not be able to send the owner a message.
 */
export const verificationMail = (publicUrl: string, token: string): Mail => ({
  purpose: "sign_up",
  subject: "Confirm your e-mail for BrokerX",
  body: letter([
    "Hello,",
    "this address was used to sign up at BrokerX. If it was you, open this link to confirm the address:",
    linkTo("signUp", publicUrl, token),
    "It works within 24 hours. If this was not you, ignore this mail: nothing will happen.",
  ]),
});

/**
 * Tells a client that there was a sign-up with their address; the person who signed up learns
 * nothing.
 */
export const knownEmailMail = (): Mail => ({
  purpose: "sign_up",
  subject: "You already have a BrokerX account",
  body: letter([
    "Hello,",
    "this address was used to sign up at BrokerX, but you already have an account. Nothing was changed. If it was you, log in as usual.",
    "If it was not you, you do not have to do anything.",
  ]),
});

/** The mail with the login code. */
export const codeMail = (firstName: string, code: string): Mail => ({
  purpose: "code",
  subject: "Your BrokerX login code",
  body: letter([
    greeting(firstName),
    `your login code is ${code}`,
    `It works once, within ${CODE_SECONDS / 60} minutes. We will never ask you for it by phone or mail.`,
    "If you are not logging in now, another person knows your password: change it.",
  ]),
});

/** The state of an order, for a mail to its owner. */
export type OrderReport = {
  readonly firstName: string;
  readonly orderId: OrderId;
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly status: OrderStatus;
  readonly reason: string | undefined;
  readonly quantity: Shares;
  readonly filled: Shares;
  readonly filledNotional: Money;
  /** The filled quantity that the last mail about this order reported. */
  readonly reported: Shares;
};

/** Reports fills and the end of an order; one mail may report many fills. */
export const orderMail = (report: OrderReport): Mail => ({
  purpose: "order",
  subject: `${headline(report)}: ${report.direction} ${report.quantity} ${report.symbol}`,
  body: letter([
    greeting(report.firstName),
    `this is the state of your order to ${report.direction} ${report.quantity} ${report.symbol}.`,
    [fills(report), ending(report)].filter((line) => line !== "").join("\n"),
    `Order ${report.orderId}`,
  ]),
});

/** How many orders a mail reports, by state; `open` orders are partially filled. */
export type Tally = {
  readonly filled: number;
  readonly open: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly rejected: number;
};

/** The number of all orders in a tally. */
export const ordersIn = (tally: Tally): number =>
  Object.values(tally).reduce((sum, count) => sum + count, 0);

/**
 * Reports several orders, a line each, newest last. The tally may count more orders than there are
 * lines; the mail then gives the number of the rest.
 */
export const ordersMail = (
  reports: readonly [OrderReport, ...OrderReport[]],
  tally: Tally,
): Mail => {
  const orders = ordersIn(tally);
  const left = orders - reports.length;
  const lines = reports.map(orderLine);
  return {
    purpose: "order",
    subject: `${orders} orders: ${tallyWords(tally)}`,
    body: letter([
      greeting(reports[0].firstName),
      `this is the state of ${orders} of your orders: ${tallyWords(tally)}.`,
      (left > 0 ? [...lines, `and ${left} more.`] : lines).join("\n"),
    ]),
  };
};

const orderLine = (report: OrderReport): string => {
  const order = `${report.direction} ${report.quantity} ${report.symbol}`;
  const news = [fills(report), ending(report)].join(" ").replaceAll("\n", " ");
  return `- ${order}: ${news} Order ${report.orderId}`;
};

const tallyWords = ({ filled, open, cancelled, expired, rejected }: Tally): string =>
  Object.entries({ filled, "partly filled": open, cancelled, expired, rejected })
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");

const headline = ({ status }: OrderReport): string => {
  switch (status) {
    case "filled":
      return "Filled";
    case "cancelled":
      return "Cancelled";
    case "expired":
      return "Expired";
    case "rejected":
      return "Rejected";
    case "new":
    case "working":
    case "partially_filled":
      return "Partly filled";
    default:
      return unreachable(status);
  }
};

const fills = ({ symbol, quantity, filled, filledNotional, reported }: OrderReport): string => {
  const average = averagePrice(filledNotional, filled);
  if (average === undefined) return "Nothing was filled.";
  const total = formatMoney(filledNotional);
  const all = `Filled ${filled} of ${quantity} ${symbol} at average ${formatMoney(average)}, ${total} in total.`;
  const news = filled - reported;
  return reported > 0 && news > 0 ? `${all}\n${news} of them since our last mail.` : all;
};

const REASONS: Readonly<Record<string, string>> = {
  requested: "you requested it",
  time: "its time in force ended",
  immediate_or_cancel: "nothing more could be traded at once",
  fill_or_kill: "not all of it could be traded at once",
  no_liquidity: "there was no order to trade with",
  collar_reached: "the market had moved too far from the reference price",
  would_take: "it would have traded at once, and it was post-only",
  halted: "the instrument was halted",
  self_trade_prevention: "it would have traded with another order of yours",
};

const ending = ({ status, reason, filled }: OrderReport): string => {
  if (!isTerminal(status)) return "The rest stays in the market.";
  if (status === "filled") return "The order is complete.";
  const why = reason === undefined ? "" : `: ${REASONS[reason] ?? reason.replaceAll("_", " ")}`;
  return `${filled === 0 ? "It" : "The rest"} was ${status}${why}.`;
};
