import { createHash } from "node:crypto";

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

/** Escapes HTML, so that the text of a mail stays text. */
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

const LINK = /https?:\/\/[^\s<>"']+/g;

/** Escapes first, then makes addresses clickable: a link can only hold escaped text. */
const withLinks = (text: string): string =>
  escapeHtml(text).replace(LINK, (url) => `<a href="${url}" rel="noreferrer">${url}</a>`);

/** Identifies a mail for the script of the page. */
const idOf = (mail: CaughtMail): string =>
  createHash("sha256").update(JSON.stringify(mail)).digest("hex").slice(0, 16);

const details = (mail: CaughtMail, index: number): string => `
<details data-mail="${idOf(mail)}"${index === 0 ? " open" : ""}>
  <summary>
    <b>${escapeHtml(mail.subject)}</b>
    <time datetime="${escapeHtml(mail.received_at)}">${escapeHtml(mail.received_at.slice(11, 19))} UTC</time>
    <span>${escapeHtml(mail.recipient)}</span>
  </summary>
  <pre>${withLinks(mail.text)}</pre>
</details>`;

/**
 * The page of the mail catcher, newest mail first. Without its script it is complete but does not
 * update.
 */
export const mailPage = (mails: readonly CaughtMail[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mail – BrokerX</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/mail-page.css">
<script type="module" src="/mail-page.js"></script>
<header>
  <div>
    <h1>Mail</h1>
    <p>Every mail BrokerX sent since the last start. Nothing leaves this computer.
    <a href="/api/messages">Read them as JSON</a></p>
  </div>
  <label>Search <input type="search" autocomplete="off"></label>
</header>
<main>${mails.length === 0 ? '<p class="empty">No mail yet.</p>' : mails.map(details).join("")}</main>
</html>
`;
