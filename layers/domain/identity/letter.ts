/** The pages that mailed links open. Each page sends its token when its button is pressed. */
const PAGES = {
  signUp: "/confirm",
  emailChange: "/confirm-email",
  passwordReset: "/reset",
} as const;

/** The link of a mail: the address of such a page with a token. */
export const linkTo = (page: keyof typeof PAGES, publicUrl: string, token: string): string =>
  `${publicUrl.replace(/\/+$/, "")}${PAGES[page]}?token=${token}`;

/** Joins paragraphs to the body of a plain text mail. */
export const letter = (paragraphs: readonly string[]): string =>
  `${[...paragraphs, "BrokerX"].join("\n\n")}\n`;

/**
 * Returns the name, or a neutral text when a mail program could turn the name into a link: a client
 * must not be able to put a link of their choice into our mails.
 */
export const greeting = (name: string): string =>
  /^[\p{L}\p{M}' -]{1,60}$/u.test(name) ? `Hello ${name},` : "Hello,";
