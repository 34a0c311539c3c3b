import { createMailer } from "../../layers/platform/mail.ts";
import { runtime } from "../../layers/runtime.ts";
import { runNotifier } from "./run-notifier.ts";

// The notifier's process on a laptop and in Compose; in the cloud `handler.ts` runs by schedule.

const { config, database, logger } = runtime;
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
process.on("SIGINT", () => stopping.abort());

const mailer = createMailer({ smtpUrl: config.smtpUrl, from: config.mailFrom });
logger.info({}, "notifier started");
await runNotifier({ ...runtime, mailer }, stopping.signal);
await database.end();
runtime.queue.close();
logger.info({}, "notifier stopped");
