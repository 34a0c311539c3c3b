import { API_KEYS_MAX } from "../../domain/identity/api-key.ts";
import type { PasswordRefusal } from "../../domain/identity/client.ts";
import { type FieldError, invalid, Problem } from "../problem.ts";

/** Names the field that a rule refused. */
export const refusedField = (path: string, code: string, message: string): Problem => {
  const error: FieldError = { path, code, message };
  return invalid([error]);
};

/** The same answer for an unknown e-mail address, a wrong password and an unconfirmed address. */
export const invalidCredentials = (): Problem =>
  denied(
    "invalid_credentials",
    "The e-mail or the password is wrong, or the account is not confirmed, suspended or closed.",
  );

/** The same answer for a wrong, used or expired code and for a challenge that is used up. */
export const invalidCode = (): Problem =>
  denied("invalid_code", "The code is wrong or no longer valid.");

/**
 * The same answer for a refresh token that is unknown, used or expired, or whose session has ended.
 */
export const invalidRefreshToken = (): Problem =>
  denied("invalid_refresh_token", "The session is over. Log in again.");

/** The same answer for a link that is unknown, used or expired. */
export const invalidLink = (): Problem =>
  new Problem({
    status: 422,
    code: "invalid_verification_token",
    detail: "The link is unknown, was used already or is too old. Ask for a new one.",
  });

/** Too many codes were requested and not entered. */
export const tooManyChallenges = (retryAfterSeconds: number): Problem =>
  new Problem({
    status: 429,
    code: "too_many_challenges",
    detail: "Too many login codes were asked for and not entered.",
    headers: { "retry-after": String(retryAfterSeconds) },
  });

const denied = (code: string, detail: string): Problem =>
  new Problem({ status: 401, code, detail, headers: { "www-authenticate": "Bearer" } });

/** The same answer for a link to a new password or address that is unknown, used or expired. */
export const invalidResetLink = (): Problem =>
  new Problem({
    status: 422,
    code: "invalid_link",
    detail: "The link is unknown, was used already or is too old. Ask for a new one.",
  });

/** Too many wrong passwords or codes; the wait grows with each further attempt. */
export const tooManyAttempts = (retryAfterSeconds: number): Problem =>
  new Problem({
    status: 429,
    code: "too_many_attempts",
    detail: "Too many attempts failed. Wait before the next one.",
    headers: { "retry-after": String(retryAfterSeconds) },
  });

/** Why a password may not be chosen. */
export const refusedPassword = (path: string, code: PasswordRefusal["code"]): Problem =>
  refusedField(
    path,
    code,
    code === "common_password"
      ? "is a common password, which is easy to guess"
      : "must not be the e-mail",
  );

/** The client has an authenticator app already. */
export const totpInUse = (): Problem =>
  new Problem({
    status: 422,
    code: "totp_in_use",
    detail: "An authenticator app is in use. Remove it first.",
  });

/** A wrong code from a caller who is already logged in. */
export const wrongCode = (): Problem =>
  new Problem({ status: 422, code: "wrong_code", detail: "The code is wrong or was used before." });

/** The client has as many API keys as it may have. */
export const tooManyApiKeys = (): Problem =>
  new Problem({
    status: 422,
    code: "too_many_api_keys",
    detail: `At most ${API_KEYS_MAX} API keys may exist at a time. Revoke one first.`,
  });
