import type { Day } from "../identity/client.ts";
import { greeting, letter } from "../identity/letter.ts";
import type { Mail } from "../identity/mail.ts";
import type { ReportDays } from "./period.ts";

const DAY_MS = 86_400_000;

/** The days of the calendar month before the month of an instant, in UTC. */
export const monthBefore = (now: Date): ReportDays => {
  const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) - DAY_MS);
  const first = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1));
  return { from: dayOf(first), to: dayOf(last), timeZone: "UTC" };
};

const dayOf = (at: Date): Day => at.toISOString().slice(0, 10) as Day;

/** Tells a client that the statement of a month is ready, with the digest that identifies it. */
export const monthEndMail = (
  firstName: string,
  { from, to }: ReportDays,
  sha256: string,
): Mail => ({
  purpose: "statement",
  subject: `Your BrokerX statement from ${from} to ${to}`,
  body: letter([
    greeting(firstName),
    `your account statement from ${from} to ${to} (UTC) is ready. You find it under Reports, as a page, CSV or PDF.`,
    `SHA-256 of the statement as JSON: ${sha256}`,
    "If you do not want mails about orders and statements, switch them off in your settings.",
  ]),
});
