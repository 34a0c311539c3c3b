import type { Brand } from "../brand.ts";

export type ChallengeId = Brand<string, "ChallengeId">;

/** How long a mailed code works. */
export const CODE_SECONDS = 600;

/** How many codes are judged against one challenge; afterwards it is dead, even for the right one. */
export const TRIES = 5;

/**
 * How many of them may name the challenge by the e-mail address alone: a neighbour at the same network
 * address, who knows nothing else, cannot use up the owner's tries.
 */
export const EMAIL_TRIES = 3;

/**
 * Challenges that were not passed, within a span of seconds. Whoever has a stolen password gets at
 * most 20 challenges a day, 100 guesses of a million; a client who enters the code is never counted.
 * An address may be a whole office, so its bound only keeps one machine from mailing everybody.
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

/** How many unpassed challenges a limit's span holds, and when the oldest that counts leaves it. */
export type ChallengeCount = {
  readonly limit: ChallengeLimit;
  readonly unpassed: number;
  readonly secondsUntilFree: number;
};

/** Seconds until another challenge may be made; zero when it may be made now. */
export const secondsToWait = (counts: readonly ChallengeCount[]): number =>
  counts
    .filter(({ limit, unpassed }) => unpassed >= limit.challenges)
    .reduce((longest, { secondsUntilFree }) => Math.max(longest, secondsUntilFree, 1), 0);

/** True for six digits and nothing else. */
export const isCode = (text: string): boolean => /^[0-9]{6}$/.test(text);

/** Where the codes of a client come from. */
export type Factor = "mail" | "totp";

/** Recovery codes a client gets when an authenticator app is confirmed. */
export const RECOVERY_CODES = 10;

const RECOVERY_CODE = /^[a-z2-7]{5}-?[a-z2-7]{5}$/i;

/** True for a text with the form of a recovery code, such as `k3vq2-7hx4m`. */
export const isRecoveryCode = (text: string): boolean => RECOVERY_CODE.test(text);

/** Recovery codes are read from paper: capital letters and a missing hyphen make no difference. */
export const normalizeRecoveryCode = (text: string): string =>
  text.toLowerCase().replace(/^(.{5})-?(.{5})$/, "$1-$2");
