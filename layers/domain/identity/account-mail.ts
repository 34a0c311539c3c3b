import { greeting, letter, linkTo } from "./letter.ts";
import type { Mail } from "./mail.ts";
import { CODE_SECONDS } from "./mfa.ts";

/** How long the link of a password reset is valid. */
export const RESET_SECONDS = 3_600;
/** How long the link to a new e-mail address is valid. */
export const EMAIL_CHANGE_SECONDS = 86_400;
/** How long the invitation of an operator is valid. */
export const INVITATION_SECONDS = 86_400;
/** The most reset mails to one client in an hour, however often they are requested. */
export const RESET_MAILS_PER_HOUR = 5;

const NOT_YOU =
  "If this was not you, another person may know your password: reset it now and end all sessions.";

/** The mail with the code of a step-up. */
export const stepUpMail = (firstName: string, code: string): Mail => ({
  purpose: "code",
  subject: "Your BrokerX confirmation code",
  body: letter([
    greeting(firstName),
    `your confirmation code is ${code}`,
    `It works once, within ${CODE_SECONDS / 60} minutes. We will never ask you for it by phone or mail.`,
    NOT_YOU,
  ]),
});

/** The mail with the link of a password reset. */
export const resetMail = (publicUrl: string, token: string): Mail => ({
  purpose: "security",
  subject: "Reset your BrokerX password",
  body: letter([
    "Hello,",
    "a new password was requested. To choose it, open this link:",
    linkTo("passwordReset", publicUrl, token),
    "It works once, within one hour. If this was not you, ignore this mail: your password stays as it is.",
  ]),
});

/** The invitation of the first operator to choose a password. */
export const invitationMail = (publicUrl: string, token: string): Mail => ({
  purpose: "security",
  subject: "Your BrokerX operator account",
  body: letter([
    "Hello,",
    "an operator account was created for you. To choose its password, open this link:",
    linkTo("passwordReset", publicUrl, token),
    "It works once, within 24 hours.",
  ]),
});

/** Tells a client that the password was changed. */
export const passwordChangedMail = (firstName: string): Mail => ({
  purpose: "security",
  subject: "Your BrokerX password was changed",
  body: letter([
    greeting(firstName),
    "your password was changed, and your other sessions have ended.",
    "API keys still work. To revoke one, open Settings.",
    NOT_YOU,
  ]),
});

/** Tells a client that a new password was chosen by a mailed link. */
export const passwordResetMail = (firstName: string): Mail => ({
  purpose: "security",
  subject: "Your BrokerX password was changed",
  body: letter([
    greeting(firstName),
    "your password was changed with a link that we mailed. All sessions have ended, and all API keys were revoked.",
    NOT_YOU,
  ]),
});

/** Asks a client, at the new address, to confirm it. */
export const newAddressMail = (publicUrl: string, token: string): Mail => ({
  purpose: "security",
  subject: "Confirm your new e-mail for BrokerX",
  body: letter([
    "Hello,",
    "a BrokerX client wants to use this address. If it was you, open this link to confirm it:",
    linkTo("emailChange", publicUrl, token),
    "It works within 24 hours. If this was not you, ignore this mail: nothing will happen.",
  ]),
});

/** Tells the old address that a new one was requested, or is now in use. */
export const addressChangeMail = (firstName: string, state: "asked" | "done"): Mail => ({
  purpose: "security",
  subject: "Your BrokerX e-mail address",
  body: letter([
    greeting(firstName),
    state === "asked"
      ? "a change of your e-mail address was requested. It takes effect when the new address is confirmed."
      : "your e-mail address was changed. This address gets no more mail from us.",
    NOT_YOU,
  ]),
});

/** Tells a client of a change of the authenticator app or of API keys. */
export const securityMail = (firstName: string, sentence: string): Mail => ({
  purpose: "security",
  subject: "The security of your BrokerX account",
  body: letter([greeting(firstName), sentence, NOT_YOU]),
});
