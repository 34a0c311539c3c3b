import { CODE_SECONDS } from "./mfa.ts";

/** A plain text mail before it has a recipient. Subjects are ours: no word of a client is in them. */
export type Mail = {
  readonly purpose: "sign_up" | "code" | "order";
  readonly subject: string;
  readonly body: string;
};

/** How long the link of a sign-up works. */
export const VERIFICATION_SECONDS = 86_400;

/**
 * Sign-up mails one address may be sent in an hour, however often somebody enters it. What comes on
 * top changes nothing and is answered the same.
 */
export const SIGN_UP_MAILS_PER_HOUR = 5;

/** The path of the link in {@link verificationMail}. */
const VERIFY_PATH = "/api/v1/clients/verify";

/**
 * Asks whoever owns the address to confirm it. It names nobody: the name was typed by somebody who
 * has not proved to be the owner, and must not become a message to them.
 */
export const verificationMail = (publicUrl: string, token: string): Mail => ({
  purpose: "sign_up",
  subject: "Confirm your e-mail for BrokerX",
  body: letter([
    "Hello,",
    "somebody, hopefully you, signed up at BrokerX with this e-mail. To confirm it, open this link:",
    `${publicUrl.replace(/\/+$/, "")}${VERIFY_PATH}?token=${token}`,
    "It works once, within 24 hours. If this was not you, just leave it: nothing will happen.",
  ]),
});

/** Tells a client that somebody tried to sign up with their e-mail; the one who did learns nothing. */
export const knownEmailMail = (): Mail => ({
  purpose: "sign_up",
  subject: "You already have a BrokerX account",
  body: letter([
    "Hello,",
    "somebody, perhaps you, tried to sign up at BrokerX with this e-mail. You already have an account, so nothing was changed. Simply log in.",
    "If this was not you, there is nothing you need to do.",
  ]),
});

/** Carries the second factor of a login. */
export const codeMail = (firstName: string, code: string): Mail => ({
  purpose: "code",
  subject: "Your BrokerX login code",
  body: letter([
    `Hello ${firstName},`,
    `your login code is ${code}`,
    `It works once, within ${CODE_SECONDS / 60} minutes. We will never ask you for it by phone or mail.`,
    "If you are not logging in right now, somebody knows your password: please change it.",
  ]),
});

const letter = (paragraphs: readonly string[]): string =>
  `${[...paragraphs, "BrokerX"].join("\n\n")}\n`;
