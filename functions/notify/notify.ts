import type { Clock } from "../../layers/platform/clock.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Mailer } from "../../layers/platform/mail.ts";
import { isAnythingDue } from "../../layers/store/notifications/notices.ts";
import type { Database } from "../../layers/store/pg/database.ts";
import { reportOrders } from "./report-orders.ts";
import { type Sent, sendMails } from "./send-mails.ts";

export type NotifyDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly seal: Seal;
  readonly mailer: Mailer;
  readonly logger: Logger;
};

/** Orders one pass looks at: more than a client can close between two mails. */
const ORDERS_A_PASS = 20_000;

/** Mails one pass sends side by side. */
export const MAILS_A_PASS = 10;

/** What one pass did. */
export type Pass = Sent & { readonly reported: number };

const NOTHING_DUE: Pass = { claimed: 0, sent: 0, unreachable: undefined, reported: 0 };

/**
 * One pass over what is due: mails go out, then orders become mails, for the next pass. A login code is
 * not to wait for the reports of ten thousand orders, or for their failure.
 */
export const notify = async (deps: NotifyDeps, mails = MAILS_A_PASS): Promise<Pass> => {
  if (!(await isAnythingDue(deps.database))) return NOTHING_DUE;
  const sent = await sendMails(deps, mails);
  const reported = await reportOrders(deps, ORDERS_A_PASS);
  return { ...sent, reported };
};
