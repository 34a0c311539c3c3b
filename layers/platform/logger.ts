import { pino } from "pino";

/** One JSON line an event. Values are ids and codes; secrets are cut out even when passed by mistake. */
export type Logger = {
  readonly debug: (facts: object, event: string) => void;
  readonly info: (facts: object, event: string) => void;
  readonly warn: (facts: object, event: string) => void;
  readonly error: (facts: object, event: string) => void;
};

const SECRETS = ["password", "token", "code", "authorization", "apikey", "refresh_token", "body"];

/** The process's logger, on stderr so that stdout stays a program's answer. */
export const createLogger = (options: {
  readonly service: string;
  readonly level: string;
}): Logger =>
  pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    pino.destination({ fd: 2, sync: false }),
  );
