/** Pages of the web page that mailed links open; each sends the token on when its button is pressed. */
const PAGES = {
  signUp: "/confirm",
  emailChange: "/confirm-email",
  passwordReset: "/reset",
} as const;

/** The address in a mail that opens one of these pages with a token. */
export const linkTo = (page: keyof typeof PAGES, publicUrl: string, token: string): string =>
  `${publicUrl.replace(/\/+$/, "")}${PAGES[page]}?token=${token}`;

/** Paragraphs as a plain text mail. */
export const letter = (paragraphs: readonly string[]): string =>
  `${[...paragraphs, "BrokerX"].join("\n\n")}\n`;

/**
 * Names are shown only when no mail program would make a link of them: a client must not be able to
 * put an address of their choice into our mails.
 */
export const greeting = (name: string): string =>
  /^[\p{L}\p{M}' -]{1,60}$/u.test(name) ? `Hello ${name},` : "Hello,";
