import type { EventEmitter } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { createLogger } from "../../../layers/platform/logger.ts";
import { stopOnSignal } from "../../../layers/platform/process.ts";
import { type CaughtMail, mailPage } from "./mail-page.ts";

const KEPT = 500;
const SMTP_CLIENTS_MAX = 100;
const SMTP_IDLE_MS = 30_000;
/** A client that does not finish its request within this time is disconnected. */
const HTTP_TIMEOUTS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};
const MAIL_BYTES_MAX = 256 * 1024;

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

const read = async (stream: Readable, recipients: readonly string[]): Promise<CaughtMail> => {
  const mail = await simpleParser(stream, { skipHtmlToText: true, skipTextToHtml: true });
  return {
    recipient: recipients.join(", "),
    subject: mail.subject ?? "",
    text: mail.text ?? "",
    received_at: new Date().toISOString(),
  };
};

const createSmtp = (keep: (mail: CaughtMail) => void): SMTPServer =>
  new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    size: MAIL_BYTES_MAX,
    maxClients: SMTP_CLIENTS_MAX,
    socketTimeout: SMTP_IDLE_MS,
    onData: (stream, session, done) => {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      read(stream, recipients).then(
        (mail) => {
          keep(mail);
          done();
        },
        (error: unknown) => done(error instanceof Error ? error : new Error("unreadable mail")),
      );
    },
  });

const JSON_TYPE = "application/json";
const HTML = "text/html; charset=utf-8";

/** The page's own files, by their path. */
const FILES: Readonly<Record<string, string>> = {
  "/mail-page.css": "text/css; charset=utf-8",
  "/mail-page.js": "text/javascript; charset=utf-8",
};

const createPage = (mails: readonly CaughtMail[]): Server =>
  createServer(HTTP_TIMEOUTS, async (request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    const send = (status: number, type: string, body: string | Buffer): void => {
      response.writeHead(status, { ...HEADERS, "content-type": type }).end(body);
    };
    const fileType = FILES[path];
    if (path === "/api/messages") send(200, JSON_TYPE, JSON.stringify(mails));
    else if (path === "/") send(200, HTML, mailPage(mails));
    else if (fileType !== undefined)
      send(200, fileType, await readFile(join(import.meta.dirname, path)));
    else send(404, HTML, "");
  });

const listening = (server: EventEmitter, listen: (done: () => void) => void) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    listen(resolve);
  });

/**
 * Accepts all mail and shows the last 500: as a page on `/`, as JSON on `/api/messages`. Both servers
 * listen on the loopback address only, and no mail is forwarded.
 */
export const startMailCatcher = async (ports: {
  readonly smtp: number;
  readonly page: number;
}): Promise<{ readonly close: () => Promise<void> }> => {
  const mails: CaughtMail[] = [];
  const smtp = createSmtp((mail) => {
    mails.unshift(mail);
    mails.length = Math.min(mails.length, KEPT);
  });
  const page = createPage(mails);
  await listening(smtp.server, (done) => smtp.listen(ports.smtp, "127.0.0.1", done));
  smtp.on("error", () => {}); // an error of one sender must not end the process
  await listening(page, (done) => page.listen(ports.page, "127.0.0.1", done));
  const close = async (): Promise<void> => {
    page.closeAllConnections();
    await Promise.all([
      new Promise<void>((resolve) => smtp.close(resolve)),
      new Promise((resolve) => page.close(resolve)),
    ]);
  };
  return { close };
};

if (import.meta.main) {
  const catcher = await startMailCatcher({
    smtp: Number(process.env["SMTP_PORT"]),
    page: Number(process.env["PORT"]),
  });
  stopOnSignal({ logger: createLogger({ service: "mail", level: "info" }), stop: [catcher.close] });
}
