import nodemailer from "nodemailer";

/** A plain text mail to send. `id` makes the Message-ID, which is the same at every attempt. */
type OutgoingMail = {
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
};

/**
 * The outcome of a mail: accepted; refused permanently; deferred; or the server could not be
 * reached, which says nothing about this mail.
 */
export type Delivery =
  | { readonly outcome: "sent" }
  | { readonly outcome: "refused" | "deferred" | "unreachable"; readonly error: unknown };

export type Mailer = { readonly send: (mail: OutgoingMail) => Promise<Delivery> };

/** How long a server may take; nodemailer's own time-outs are minutes. */
type MailTimeouts = { readonly stepMs: number; readonly wholeMs: number };

const TIMEOUTS: MailTimeouts = { stepMs: 5_000, wholeMs: 15_000 };

/** Sends over SMTP. Never throws: a mail that cannot be sent is an outcome, not an error. */
export const createMailer = (options: {
  readonly smtpUrl: string;
  readonly from: string;
  readonly timeouts?: MailTimeouts;
}): Mailer => {
  const { stepMs, wholeMs } = options.timeouts ?? TIMEOUTS;
  const transport = nodemailer.createTransport({
    url: options.smtpUrl,
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ id, recipient, subject, text }) => {
      try {
        await transport.sendMail({
          ...{ from: options.from, to: recipient, subject, text },
          messageId: `<${id}@brokerx>`,
          headers: { "Auto-Submitted": "auto-generated" },
          signal: AbortSignal.timeout(wholeMs),
        });
        return { outcome: "sent" };
      } catch (error) {
        return { outcome: outcomeOf(error), error };
      }
    },
  };
};

/** The steps of the SMTP dialogue whose answer is about this mail and not about the connection. */
const ABOUT_THE_MAIL = /^(MAIL FROM|RCPT TO|DATA|API)/;

const outcomeOf = (error: unknown): "refused" | "deferred" | "unreachable" => {
  if (!(error instanceof Error)) return "unreachable";
  const code = "responseCode" in error ? Number(error.responseCode) : undefined;
  const command = "command" in error ? String(error.command) : "";
  if (code === undefined || code === 421 || code === 503) return "unreachable";
  if (!ABOUT_THE_MAIL.test(command)) return "unreachable";
  return code >= 500 ? "refused" : "deferred";
};
