import type { Brand } from "../brand.ts";
import { accept, type Outcome, refuse } from "../outcome.ts";

export type Email = Brand<string, "Email">;
export type PersonName = Brand<string, "PersonName">;
/** A day of the calendar, as `1990-01-01`. */
export type Day = Brand<string, "Day">;

/**
 * Pending until the client has confirmed the e-mail address; suspended by an operator; closed by
 * the client.
 */
export type ClientStatus = "pending" | "active" | "suspended" | "closed";

/** The details of a sign-up. */
export type Application = {
  readonly email: Email;
  readonly password: string;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
  readonly dateOfBirth: Day;
};

export type ApplicationRefusal =
  | { readonly code: "born_in_the_future" }
  | { readonly code: "too_young" }
  | PasswordRefusal;

/** Decides whether a sign-up may be stored; checks its own fields only. */
export const examine = (
  application: Application,
  facts: { readonly today: Day; readonly isCommonPassword: boolean },
): Outcome<Application, ApplicationRefusal> => {
  if (application.dateOfBirth >= facts.today) return refuse({ code: "born_in_the_future" });
  if (majorityDay(application.dateOfBirth) > facts.today) return refuse({ code: "too_young" });
  const password = examinePassword(application.password, application.email, facts);
  return password.ok ? accept(application) : password;
};

export type PasswordRefusal =
  | { readonly code: "common_password" }
  | { readonly code: "password_is_email" };

/** Decides whether a password may be chosen. */
export const examinePassword = (
  password: string,
  email: Email,
  { isCommonPassword }: { readonly isCommonPassword: boolean },
): Outcome<string, PasswordRefusal> => {
  if (isCommonPassword) return refuse({ code: "common_password" });
  if (emailKey(password) === emailKey(email)) return refuse({ code: "password_is_email" });
  return accept(password);
};

/** The age at which a person may become a client. */
export const AGE_MIN = 18;

/**
 * The birthday on which a person reaches the age; for February 29 it may be a day that the year
 * does not have.
 */
const majorityDay = (dateOfBirth: Day): string =>
  `${Number(dateOfBirth.slice(0, 4)) + AGE_MIN}${dateOfBirth.slice(4)}`;

const EMAIL_CHARACTERS_MAX = 254;
const LOCAL_PART = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const EMAIL = new RegExp(`^(?=.{1,64}@)${LOCAL_PART}@(?:${LABEL}\\.)+${LABEL}$`, "i");

/**
 * Reads an address in the form that mail servers exchange: ASCII, no quotes, no comments, a domain
 * with a dot. Undefined for any other text, so that an address can never contain a mail header.
 */
export const parseEmail = (text: string): Email | undefined => {
  const address = text.length <= 2 * EMAIL_CHARACTERS_MAX ? trimSpaces(text) : text;
  return address.length <= EMAIL_CHARACTERS_MAX && EMAIL.test(address)
    ? (address as Email)
    : undefined;
};

const trimSpaces = (text: string): string => text.replace(/^ +| +$/g, "");

/** The form in which addresses are compared: `Ada@x.org` and `ada@x.org` are the same client. */
export const emailKey = (email: string): string => email.toLowerCase();

export const NAME_CHARACTERS_MAX = 100;
const NOT_IN_NAMES = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}<>]/u;

/**
 * Reads a name in any script; undefined without a letter, or with characters that could forge a
 * line.
 */
export const parseName = (text: string): PersonName | undefined => {
  const name = text.normalize("NFC").trim();
  const readable = /\p{L}/u.test(name) && !NOT_IN_NAMES.test(text);
  return readable && [...name].length <= NAME_CHARACTERS_MAX ? (name as PersonName) : undefined;
};

const DAY = /^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Reads a day that the calendar has, from 1900 on; undefined for `1990-02-30`. */
export const parseDay = (text: string): Day | undefined =>
  DAY.test(text) && dayOf(new Date(`${text}T00:00:00Z`)) === text ? (text as Day) : undefined;

/** The day of an instant, in UTC. */
export const dayOf = (moment: Date): Day => moment.toISOString().slice(0, 10) as Day;

export const PASSWORD_CHARACTERS_MIN = 12;
export const PASSWORD_CHARACTERS_MAX = 128;

/**
 * Normalises a password before it is hashed: NFKC makes the encodings of different keyboards equal.
 * Undefined unless the result has 12 to 128 characters. No kind of character is required.
 */
export const parsePassword = (text: string): string | undefined => {
  if (!text.isWellFormed()) return undefined;
  const password = text.normalize("NFKC");
  const { length } = [...password];
  return length >= PASSWORD_CHARACTERS_MIN && length <= PASSWORD_CHARACTERS_MAX
    ? password
    : undefined;
};

/** First and last name as one text. */
export const fullName = (client: {
  readonly firstName: string;
  readonly lastName: string;
}): string => `${client.firstName} ${client.lastName}`;
