import { z } from "zod";
import { isUuid } from "../../domain/identifiers.ts";
import {
  type Day,
  type Email,
  NAME_CHARACTERS_MAX,
  PASSWORD_CHARACTERS_MAX,
  PASSWORD_CHARACTERS_MIN,
  type PersonName,
  parseDay,
  parseEmail,
  parseName,
  parsePassword,
} from "../../domain/identity/client.ts";
import { type ChallengeId, isCode, isRecoveryCode } from "../../domain/identity/mfa.ts";
import { parseNetwork } from "../../platform/networks.ts";
import { timeOut } from "../../representation/fields.ts";
import { field } from "../fields.ts";

const textOf =
  <Value>(read: (text: string) => Value | undefined) =>
  (value: unknown): Value | undefined =>
    typeof value === "string" ? read(value) : undefined;

/** An e-mail address as mail servers exchange it. */
export const emailField = field<Email>(
  textOf(parseEmail),
  "invalid_email",
  "must be an e-mail address",
  { type: "string", format: "email", maxLength: 254, examples: ["ada@example.org"] },
);

/** A new password; besides its length, `common_password` names what is refused. */
export const newPasswordField = field<string>(
  textOf(parsePassword),
  "invalid_password",
  `must have ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters`,
  {
    type: "string",
    format: "password",
    minLength: PASSWORD_CHARACTERS_MIN,
    maxLength: PASSWORD_CHARACTERS_MAX,
    examples: ["a long and unusual pass phrase"],
  },
);

/** A password to verify; its length is limited because hashing is expensive. */
export const passwordField = field<string>(
  textOf((text) =>
    text.length > 0 && text.length <= 2 * PASSWORD_CHARACTERS_MAX ? text : undefined,
  ),
  "invalid_password",
  "must be a password",
  { type: "string", format: "password", minLength: 1, maxLength: 2 * PASSWORD_CHARACTERS_MAX },
);

/** A first or last name, in any script. */
export const nameField = field<PersonName>(
  textOf(parseName),
  "invalid_name",
  `must be a name of at most ${NAME_CHARACTERS_MAX} characters on one line`,
  { type: "string", minLength: 1, maxLength: NAME_CHARACTERS_MAX, examples: ["Ada"] },
);

/** A day of the calendar. */
export const dayField = field<Day>(
  textOf(parseDay),
  "invalid_date",
  "must be a date such as 1990-01-31",
  { type: "string", format: "date", examples: ["1990-01-31"] },
);

/** The token of a mailed link: 43 characters of base64url. */
export const linkTokenField = field<string>(
  textOf((text) => (/^[\w-]{1,128}$/.test(text) ? text : undefined)),
  "invalid_token",
  "must be the token of the mailed link",
  { type: "string", maxLength: 128 },
);

/** A refresh token, as login or the last refresh returned it. */
export const refreshTokenField = field<string>(
  textOf((text) => (/^[\w-]{1,128}$/.test(text) ? text : undefined)),
  "invalid_token",
  "must be a refresh token",
  { type: "string", maxLength: 128 },
);

/** An identifier in a path; any other text is answered with 404. */
export const uuidField = field<string>(
  textOf((text) => (isUuid(text) ? text : undefined)),
  "invalid_id",
  "must be a UUID",
  { type: "string", format: "uuid" },
);

/** A challenge as the login answered it. */
export const challengeIdField = field<ChallengeId>(
  textOf((text) => (isUuid(text) ? (text as ChallengeId) : undefined)),
  "invalid_id",
  "must be the challenge_id of a login",
  { type: "string", format: "uuid", examples: ["01a204bd-5b7c-7e91-84d0-76e41b415ed5"] },
);

/** An API key's identifier in a path. */
export const keyIdField = field<string>(
  textOf((text) => (/^[a-z2-7]{12}$/.test(text) ? text : undefined)),
  "invalid_id",
  "must be the key_id of an API key",
  { type: "string", pattern: "^[a-z2-7]{12}$" },
);

/** A network in CIDR notation, or a single address. */
export const networkField = field<string>(
  textOf(parseNetwork),
  "invalid_network",
  "must be an IP address or a network such as 203.0.113.0/24",
  { type: "string", maxLength: 49, examples: ["203.0.113.0/24"] },
);

/** A client's own details. */
export const profileOut = z.object({
  client: z.object({
    client_id: z.string().meta({ format: "uuid" }),
    email: z.string().meta({ format: "email" }),
    first_name: z.string(),
    last_name: z.string(),
    full_name: z.string(),
    date_of_birth: z.string().meta({ format: "date" }),
    status: z.enum(["pending", "active", "suspended", "closed"]),
    wants_mail: z.boolean(),
    totp: z.boolean().meta({ description: "Whether logins ask for an authenticator app." }),
    roles: z.array(z.string()),
    created_at: timeOut,
  }),
});

/** A code of six digits, mailed or shown by an authenticator app, or a recovery code. */
export const secondFactorField = field<string>(
  textOf((text) => (isCode(text) || isRecoveryCode(text) ? text : undefined)),
  "invalid_code",
  "must be six digits or a recovery code",
  { type: "string", examples: ["031415", "k3vq2-7hx4m"] },
);

/** A challenge that the caller answers with a code. */
export const challengeOut = z.object({
  mfa_required: z.literal(true),
  challenge_id: z.string().meta({ format: "uuid" }),
  method: z.enum(["mail", "totp"]).meta({ description: "Where the code comes from." }),
  expires_at: timeOut,
});

/** A client in the answers of sign-up and verification. */
export const clientOut = (status: "pending" | "active") =>
  z.object({
    client: z.object({
      email: z.string().meta({ format: "email" }),
      full_name: z.string(),
      status: z.literal(status),
    }),
  });
