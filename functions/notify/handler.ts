import { createMailer } from "../../layers/platform/mail.ts";
import { runtime } from "../../layers/runtime.ts";
import { notify } from "./notify.ts";
import { purgeOld } from "./purge-old.ts";

const mailer = createMailer({
  smtpUrl: runtime.config.smtpUrl,
  from: runtime.config.mailFrom,
});

/** No pass begins after this time, so that a scheduled run ends before the next run begins. */
const RUN_MS = 30_000;

/**
 * Runs on a schedule: sends what is due, and returns how many orders it reported and how many mails
 * it sent.
 */
export const handler = async (): Promise<{ readonly reported: number; readonly sent: number }> => {
  const done = { reported: 0, sent: 0 };
  const endsAt = runtime.clock().getTime() + RUN_MS;
  do {
    const { reported, sent, claimed, unreachable } = await notify({ ...runtime, mailer });
    done.reported += reported;
    done.sent += sent;
    if (unreachable !== undefined || claimed + reported === 0) break;
  } while (runtime.clock().getTime() < endsAt);
  await purgeOld(runtime);
  return done;
};
