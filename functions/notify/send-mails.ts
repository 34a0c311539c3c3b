import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Delivery, Mailer } from "../../layers/platform/mail.ts";
import {
  type ClaimedMail,
  claimMails,
  giveUpStaleMails,
  markFailed,
  markSent,
  postpone,
} from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly seal: Seal;
  readonly mailer: Mailer;
  readonly logger: Logger;
};

/**
 * Longer than the mailer's own time-out, so that no other process sends the same mail meanwhile.
 */
const LEASE_SECONDS = 60;

/**
 * The longest pause after the server was unreachable: short, because it may return at any moment.
 */
const AWAY_SECONDS_MAX = 10;

/** The longest pause after the server deferred a mail: greylisting takes minutes. */
const DEFERRED_SECONDS_MAX = 1_800;

/** The result of a round of sending. `unreachable` is the last error when no mail could be sent. */
export type Sent = {
  readonly claimed: number;
  readonly sent: number;
  readonly unreachable: unknown;
};

/**
 * Sends the mails that are due, in parallel. No row is locked while the mail server is asked. A
 * mail is given up when the server refuses it permanently, or when it would arrive too late to be
 * useful.
 */
export const sendMails = async (deps: Deps, limit: number): Promise<Sent> => {
  const stale = await giveUpStaleMails(deps.database);
  if (stale > 0) deps.logger.warn({ mails: stale }, "mails were not sent in time and were dropped");
  const claimed = await claimMails(deps.database, { limit, leaseSeconds: LEASE_SECONDS });
  const deliveries = await Promise.all(claimed.map((mail) => deliver(deps, mail)));
  const sent = deliveries.filter(({ outcome }) => outcome === "sent").length;
  const failed = deliveries.find((delivery) => delivery.outcome === "unreachable");
  const answered = deliveries.some(({ outcome }) => outcome !== "unreachable");
  const unreachable = failed !== undefined && "error" in failed && !answered && failed.error;
  return { claimed: claimed.length, sent, unreachable: unreachable || undefined };
};

const deliver = async (deps: Deps, mail: ClaimedMail): Promise<Delivery> => {
  const text = opened(deps, mail);
  if (text === undefined) {
    await markFailed(deps.database, mail.mailId);
    return { outcome: "refused", error: undefined };
  }
  const { mailId: id, recipient, subject } = mail;
  const delivery = await deps.mailer.send({ id, recipient, subject, text });
  await note(deps, mail, delivery);
  return delivery;
};

/**
 * A body that was sealed with another secret can never be sent; it must not block the mails after
 * it.
 */
const opened = ({ seal, logger }: Deps, { mailId, sealedBody }: ClaimedMail) => {
  try {
    return seal.open(sealedBody, mailId);
  } catch (error) {
    logger.error({ mailId, err: error }, "a mail could not be decrypted and was dropped");
    return undefined;
  }
};

const note = (
  { database, logger }: Deps,
  { mailId, attempts }: ClaimedMail,
  delivery: Delivery,
): Promise<void> => {
  switch (delivery.outcome) {
    case "sent":
      return markSent(database, mailId);
    case "refused":
      logger.warn(
        { mailId, reply: replyOf(delivery.error) },
        "the mail server refused a mail permanently",
      );
      return markFailed(database, mailId);
    case "deferred":
      return postpone(database, mailId, Math.min(DEFERRED_SECONDS_MAX, 5 * 2 ** attempts));
    case "unreachable":
      return postpone(database, mailId, Math.min(AWAY_SECONDS_MAX, 2 ** (attempts - 1)));
  }
};

/** The server's reply code. Its text is left out, because it may quote the recipient. */
const replyOf = (error: unknown): unknown =>
  error instanceof Error && "responseCode" in error ? error.responseCode : undefined;
