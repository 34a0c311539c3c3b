import { pino } from "pino";

/**
 * Logs a JSON line for each event. Values are ids and codes; secrets are redacted even when passed
 * by mistake.
 */
export type Logger = {
  readonly debug: (facts: object, event: string) => void;
  readonly info: (facts: object, event: string) => void;
  readonly warn: (facts: object, event: string) => void;
  readonly error: (facts: object, event: string) => void;
};

const SECRETS = [
  ...["password", "token", "ticket", "code", "authorization", "apikey", "refresh_token", "body"],
];

/** Tokens and tickets anywhere in a line: in an error message or a URL. */
const SECRET_TEXT = /eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=[?&](?:token|ticket|jid)=)[^&\s"\\]+/g;

/** Redacts the secrets of a line. */
export const scrub = (line: string): string => line.replaceAll(SECRET_TEXT, "[redacted]");

/**
 * The logger of the process; it writes to stderr, because stdout is for the output of a program.
 */
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
