import { orderMail, ordersIn, ordersMail } from "../../layers/domain/identity/mail.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { insertMails, type NewMail } from "../../layers/store/notifications/mails.ts";
import {
  type DueNotices,
  hasDueNotices,
  keepNotices,
  lockReporting,
  noteSettledOrders,
  pauseNotices,
  takeDueNotices,
} from "../../layers/store/notifications/notices.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = { readonly database: Database; readonly newId: NewId; readonly seal: Seal };

/** An open order that keeps filling is reported at most once in this time. */
const AGAIN_SECONDS = 60;

/** The shortest time between two mails about orders to one client. */
const PAUSE_SECONDS = 10;

/** The most orders that a mail lists; it gives the number of the rest. */
const LINES_A_MAIL = 50;

const MAIL_USEFUL_SECONDS = 86_400;

/**
 * Writes mails about due notices into the mail outbox, one for each client. Returns how many orders
 * they report. The notice of an open order stays, so that a fill that settles meanwhile is in the
 * next mail.
 */
export const reportOrders = async (deps: Deps, limit: number): Promise<number> => {
  if (!(await hasDueNotices(deps.database))) return 0;
  return deps.database.transaction(async (tx) => {
    if (!(await lockReporting(tx))) return 0;
    await noteSettledOrders(tx);
    const due = await takeDueNotices(tx, { limit, lines: LINES_A_MAIL });
    const told = due.filter(({ reports }) => reports.length > 0);
    await insertMails(
      tx,
      told.map((notices) => mailOf(deps, notices)),
    );
    await pauseNotices(
      tx,
      told.map(({ clientId }) => clientId),
      PAUSE_SECONDS,
    );
    await keepNotices(
      tx,
      due.flatMap(({ open }) => open),
      AGAIN_SECONDS,
    );
    return told.reduce((sum, { tally }) => sum + ordersIn(tally), 0);
  });
};

const mailOf = ({ newId, seal }: Deps, { email, reports, tally }: DueNotices): NewMail => {
  const mailId = newId();
  const [report, ...more] = reports;
  if (report === undefined) throw new Error("a mail about orders needs at least one order");
  const { body, ...mail } =
    more.length === 0 ? orderMail(report) : ordersMail([report, ...more], tally);
  return {
    ...{ ...mail, mailId, recipient: email, usefulSeconds: MAIL_USEFUL_SECONDS },
    sealedBody: seal.seal(body, mailId),
  };
};
