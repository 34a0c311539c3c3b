import { createHash } from "node:crypto";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { monthBefore, monthEndMail } from "../../layers/domain/reports/month-end.ts";
import { periodOf } from "../../layers/domain/reports/period.ts";
import { type ReportRequest, requestOf } from "../../layers/http/reports/report-answer.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Report } from "../../layers/representation/reports/document.ts";
import { writeJson } from "../../layers/representation/reports/json.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";
import {
  insertMonthEnd,
  listWaitingClients,
  type WaitingClient,
} from "../../layers/store/reports/month-ends.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly seal: Seal;
  readonly logger: Logger;
  /** Makes a statement: the use case report-statement. */
  readonly statementOf: (tx: Transaction, request: ReportRequest) => Promise<Report | undefined>;
};

const CLIENTS_AT_ONCE = 100;
const MAIL_USEFUL_SECONDS = 7 * 86_400;

/**
 * Makes the statement of the last month for every client who has none yet, stores its SHA-256, and
 * notifies clients who want mail; returns how many it made. Each statement is made once, however
 * often and in however many processes this runs. A statement that fails is logged and tried again
 * next time.
 */
export const closeMonth = async (deps: Deps): Promise<number> => {
  const now = deps.clock();
  const days = monthBefore(now);
  const month = { start: days.from, end: periodOf(days).to };
  let made = 0;
  let after: ClientId | undefined;
  for (;;) {
    const page = { after, limit: CLIENTS_AT_ONCE };
    const clients = await listWaitingClients(deps.database, month, page);
    for (const client of clients) if (await closeFor(deps, client, now)) made += 1;
    after = clients.at(-1)?.clientId;
    if (clients.length < CLIENTS_AT_ONCE) return made;
  }
};

const closeFor = async (deps: Deps, client: WaitingClient, now: Date): Promise<boolean> => {
  const { clientId } = client;
  try {
    const request = requestOf(clientId, monthBefore(now), now);
    return request.isFinal && (await makeStatement(deps, client, request));
  } catch (error) {
    deps.logger.error({ err: error, clientId }, "the statement of a month could not be made");
    return false;
  }
};

const makeStatement = async (
  deps: Deps,
  client: WaitingClient,
  request: ReportRequest,
): Promise<boolean> => {
  const digest = await inSnapshot(deps.database, async (tx) => {
    const report = await deps.statementOf(tx, request);
    if (report === undefined) return undefined;
    const hash = createHash("sha256");
    for await (const chunk of writeJson(report)) hash.update(chunk);
    return hash.digest();
  });
  if (digest === undefined) return false;
  const { days, clientId } = request;
  return deps.database.transaction(async (tx) => {
    const monthEnd = { clientId, month: days.from, sha256: digest };
    if (!(await insertMonthEnd(tx, monthEnd))) return false;
    const mail = monthEndMail(client.firstName, days, digest.toString("hex"));
    if (client.wantsMail) await sendMail(deps, tx, client.email, mail, MAIL_USEFUL_SECONDS);
    return true;
  });
};
