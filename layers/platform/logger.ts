import { pino } from "pino";

/** One JSON line an event. Values are ids and codes; secrets are cut out even when passed by mistake. */
export type Logger = {
  readonly debug: (facts: object, event: string) => void;
  readonly info: (facts: object, event: string) => void;
  readonly warn: (facts: object, event: string) => void;
  readonly error: (facts: object, event: string) => void;
};

const SECRETS = [
  ...["password", "token", "ticket", "code", "authorization", "apikey", "refresh_token", "body"],
];

/** Tokens and tickets wherever they stand in a line: in the message of an error, in a URL. */
const SECRET_TEXT = /eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=[?&](?:token|ticket|jid)=)[^&\s"\\]+/g;

/** The line without what nobody may read. */
export const scrub = (line: string): string => line.replaceAll(SECRET_TEXT, "[redacted]");

/** The process's logger, on stderr so that stdout stays a program's answer. */
export const createLogger = (options: {
  readonly service: string;
  readonly level: string;
}): Logger => {
  const stderr = pino.destination({ fd: 2, sync: false });
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    { write: (line) => stderr.write(scrub(line)) },
  );
};
