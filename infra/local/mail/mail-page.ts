/** A mail as scripts read it from `GET /api/messages`, newest first. */
export type CaughtMail = {
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly received_at: string;
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that stays text inside HTML, whatever a mail contains. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

const LINK = /https?:\/\/[^\s<>"']+/g;

/** Escapes first, then makes addresses clickable: a link can only hold escaped text. */
const withLinks = (text: string): string =>
  escapeHtml(text).replace(LINK, (url) => `<a href="${url}" rel="noreferrer">${url}</a>`);

const article = (mail: CaughtMail): string => `
<article>
  <h2>${escapeHtml(mail.subject)}</h2>
  <p><b>${escapeHtml(mail.recipient)}</b> · <time>${escapeHtml(mail.received_at)}</time></p>
  <pre>${withLinks(mail.text)}</pre>
</article>`;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { border: 1px solid #8886; border-radius: 8px; padding: 0 1rem; margin: 1rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
:root { color-scheme: light dark; }`;

/** The page of the mail catcher, newest mail first; it loads nothing and runs no script. */
export const mailPage = (mails: readonly CaughtMail[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>BrokerX mail</title>
<style>${STYLE}</style>
<h1>Mail</h1>
<p>Every mail BrokerX sent since the last start, newest first. Nothing leaves this computer.
Reload for new ones, or <a href="/api/messages">read them as JSON</a>.</p>
${mails.length === 0 ? "<p>No mail yet.</p>" : mails.map(article).join("")}
</html>
`;
