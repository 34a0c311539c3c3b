import type { Brand } from "../brand.ts";

export type ChallengeId = Brand<string, "ChallengeId">;

/** How long a mailed code is valid. */
export const CODE_SECONDS = 600;

/**
 * The most codes that are tried against one challenge. After that it is used up, even for the right
 * code.
 */
export const TRIES = 5;

/**
 * The most of these tries that may name the challenge by its e-mail address alone. A stranger
 * behind the same network address, who knows only the address, cannot use up the owner's tries.
 */
export const EMAIL_TRIES = 3;

/**
 * Limits on challenges that were not completed, in a span of seconds. A stolen password allows at
 * most 20 challenges a day, which is 100 guesses of a million. Challenges that the client completes
 * do not count. One network address may be a whole office, so its limit only keeps one machine from
 * mailing every client.
 */
export const CHALLENGE_LIMITS: readonly ChallengeLimit[] = [
  { of: "client", challenges: 5, seconds: 900 },
  { of: "client", challenges: 20, seconds: 86_400 },
  { of: "address", challenges: 50, seconds: 900 },
];

export type ChallengeLimit = {
  readonly of: "client" | "address";
  readonly challenges: number;
  readonly seconds: number;
};

/**
 * The number of uncompleted challenges in the span of a limit, and when the oldest leaves the span.
 */
export type ChallengeCount = {
  readonly limit: ChallengeLimit;
  readonly unpassed: number;
  readonly secondsUntilFree: number;
};

/** Seconds until another challenge may be created; 0 when it may be created now. */
export const secondsToWait = (counts: readonly ChallengeCount[]): number =>
  counts
    .filter(({ limit, unpassed }) => unpassed >= limit.challenges)
    .reduce((longest, { secondsUntilFree }) => Math.max(longest, secondsUntilFree, 1), 0);

/** Returns whether the text is exactly six digits. */
export const isCode = (text: string): boolean => /^[0-9]{6}$/.test(text);

/** The source of a client's codes: mail or an authenticator app. */
export type Factor = "mail" | "totp";

/** How many recovery codes a client gets when an authenticator app is confirmed. */
export const RECOVERY_CODES = 10;

const RECOVERY_CODE = /^[a-z2-7]{5}-?[a-z2-7]{5}$/i;

/** Returns whether the text has the form of a recovery code, such as `k3vq2-7hx4m`. */
export const isRecoveryCode = (text: string): boolean => RECOVERY_CODE.test(text);

/** Recovery codes are typed from paper: capital letters and a missing hyphen make no difference. */
export const normalizeRecoveryCode = (text: string): string =>
  text.toLowerCase().replace(/^(.{5})-?(.{5})$/, "$1-$2");
