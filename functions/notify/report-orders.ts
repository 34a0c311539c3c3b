import { orderMail } from "../../layers/domain/mail.ts";
import { isTerminal } from "../../layers/domain/order.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Seal } from "../../layers/platform/seal.ts";
import type { Database, Transaction } from "../../layers/store/database.ts";
import { insertMail } from "../../layers/store/mails.ts";
import {
  type DueNotice,
  keepNotices,
  removeNotices,
  takeDueNotices,
} from "../../layers/store/notices.ts";

type Deps = { readonly database: Database; readonly newId: NewId; readonly seal: Seal };

/** An order that goes on filling is reported once a minute at most. */
const AGAIN_SECONDS = 60;
const MAIL_USEFUL_SECONDS = 86_400;

/**
 * Turns due notices into mails of the outbox; answers how many notices it looked at. The notice of
 * an open order is kept, never deleted: an order that fills while its report is written would find
 * the notice there, add none of its own, and be forgotten. Only a terminal order cannot change.
 */
export const reportOrders = (deps: Deps, limit: number): Promise<number> =>
  deps.database.transaction(async (tx) => {
    const due = await takeDueNotices(tx, limit);
    for (const notice of due) if (isNews(notice)) await mailReport(deps, tx, notice);

    const over = due.filter(({ status, wantsMail }) => isTerminal(status) || !wantsMail);
    const open = due.filter((notice) => !over.includes(notice));
    await removeNotices(
      tx,
      over.map(({ orderId }) => orderId),
    );
    await keepNotices(
      tx,
      open.map(({ orderId, filled }) => ({ orderId, reported: filled })),
      AGAIN_SECONDS,
    );
    return due.length;
  });

const isNews = ({ wantsMail, status, filled, reported }: DueNotice): boolean =>
  wantsMail && (isTerminal(status) || filled > reported);

const mailReport = async (
  { newId, seal }: Deps,
  tx: Transaction,
  notice: DueNotice,
): Promise<void> => {
  const mailId = newId();
  const { body, ...mail } = orderMail(notice);
  await insertMail(tx, {
    ...{ ...mail, mailId, recipient: notice.email, usefulSeconds: MAIL_USEFUL_SECONDS },
    sealedBody: seal.seal(body, mailId),
  });
};
