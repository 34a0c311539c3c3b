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

/** The most orders that one pass reads: more than a client can close between two mails. */
const ORDERS_A_PASS = 20_000;

/** The most mails that one pass sends in parallel. */
export const MAILS_A_PASS = 10;

/** The result of one pass. */
export type Pass = Sent & { readonly reported: number };

const NOTHING_DUE: Pass = { claimed: 0, sent: 0, unreachable: undefined, reported: 0 };

/**
 * Runs one pass: sends the mails that are due, then writes new mails about orders, which the next
 * pass sends. Sending comes first so that a login code never waits for the reports of ten thousand
 * orders.
 */
export const notify = async (deps: NotifyDeps, mails = MAILS_A_PASS): Promise<Pass> => {
  if (!(await isAnythingDue(deps.database))) return NOTHING_DUE;
  const sent = await sendMails(deps, mails);
  const reported = await reportOrders(deps, ORDERS_A_PASS);
  return { ...sent, reported };
};
