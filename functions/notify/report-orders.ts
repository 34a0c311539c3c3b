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

/** An order that goes on filling is reported once a minute at most. */
const AGAIN_SECONDS = 60;

/** A client who trades without a break is sent a mail no more often than this. */
const PAUSE_SECONDS = 10;

/** Orders a mail tells of one by one; what comes on top is counted. */
const LINES_A_MAIL = 50;

const MAIL_USEFUL_SECONDS = 86_400;

/**
 * Turns due notices into mails of the outbox, one a client; answers how many orders they tell of. The
 * notice of an open order is kept: one that fills while its report is written is told of next time.
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
  if (report === undefined) throw new Error("a mail needs an order to tell of");
  const { body, ...mail } =
    more.length === 0 ? orderMail(report) : ordersMail([report, ...more], tally);
  return {
    ...{ ...mail, mailId, recipient: email, usefulSeconds: MAIL_USEFUL_SECONDS },
    sealedBody: seal.seal(body, mailId),
  };
};
