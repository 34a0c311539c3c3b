import { createMailer } from "../../layers/platform/mail.ts";
import { runtime } from "../../layers/runtime.ts";
import { notify, type Pass } from "./notify.ts";

const mailer = createMailer({
  smtpUrl: runtime.config.smtpUrl,
  from: runtime.config.mailFrom,
});

/** Passes a scheduled run makes at most, so that it ends before the next one begins. */
const PASSES = 20;

/** Run by schedule: sends what is due and answers how much it was. */
export const handler = async (): Promise<{ readonly reported: number; readonly sent: number }> => {
  const passes: Pass[] = [];
  for (let count = 0; count < PASSES; count += 1) {
    const pass = await notify({ ...runtime, mailer });
    passes.push(pass);
    if (pass.unreachable !== undefined || pass.claimed + pass.reported === 0) break;
  }
  return {
    reported: passes.reduce((sum, { reported }) => sum + reported, 0),
    sent: passes.reduce((sum, { sent }) => sum + sent, 0),
  };
};
