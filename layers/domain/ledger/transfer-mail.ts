import { greeting, letter } from "../identity/letter.ts";
import type { Mail } from "../identity/mail.ts";
import { formatMoney } from "../units.ts";
import type { Withdrawal } from "./withdrawal.ts";

const STATES: Readonly<Record<Withdrawal["status"], readonly [title: string, text: string]>> = {
  pending: ["Withdrawal requested", "is on its way to your bank."],
  completed: ["Withdrawal completed", "was paid to your bank."],
  failed: ["Withdrawal failed", "could not be paid. The cash is back in your account."],
  cancelled: ["Withdrawal cancelled", "was cancelled. The cash is back in your account."],
};

/** Tells a client the state of a withdrawal. */
export const withdrawalMail = (
  firstName: string,
  { withdrawalId, amount, currency, status }: Withdrawal,
): Mail => {
  const [title, text] = STATES[status];
  return {
    purpose: "transfer",
    subject: title,
    body: letter([
      greeting(firstName),
      `your withdrawal of ${formatMoney(amount)} ${currency} ${text}`,
      `Withdrawal ${withdrawalId}`,
      "If this was not you, reset your password at once and end all sessions.",
    ]),
  };
};
