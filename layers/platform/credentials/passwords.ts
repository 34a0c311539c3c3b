import { createSemaphore, type Semaphore } from "../semaphore.ts";

/** argon2id with the parameters of OWASP and ASVS: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;

/**
 * The hash of a password that no client has. Verifying it costs as much as verifying a real hash,
 * so a login with an unknown e-mail address takes as long as one with a wrong password.
 */
export const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$+ydt+t1LqE9PtTRVMkfn5Q$iJFrIivSMyLUhXA96r1N+cGwoKW6BMy9Fl+gdtD7MRo";

/** Two hashes use both cores; 32 more wait well under two seconds. */
const LIMITS = { running: 2, waiting: 32 };

export type Passwords = {
  /** Returns the PHC string to store. Throws Unavailable when too many hashes are waiting. */
  readonly hash: (password: string) => Promise<string>;
  /** Returns whether the hash was made from this password. Throws Unavailable like `hash`. */
  readonly verify: (password: string, hash: string) => Promise<boolean>;
};

/**
 * Password hashing behind a semaphore: a burst of logins can neither take 19 MiB each without limit
 * nor starve the rest of the process. argon2 is loaded at the first use, so processes without
 * logins never load it.
 */
export const createPasswords = (semaphore: Semaphore = createSemaphore(LIMITS)): Passwords => ({
  hash: (password) =>
    semaphore(async () => {
      const { hash } = await import("@node-rs/argon2");
      return hash(bytesOf(password), {
        memoryCost: MEMORY_KIB,
        timeCost: PASSES,
        parallelism: LANES,
      });
    }),
  verify: (password, hash) =>
    semaphore(async () => {
      const { verify } = await import("@node-rs/argon2");
      return verify(hash, bytesOf(password));
    }),
});

/** The hashing of this process: all its handlers share one semaphore. */
export const passwords: Passwords = createPasswords();

/** Another system may encode the same password differently; NFKC makes the encodings equal. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize("NFKC"));

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** Returns whether a stored hash is weaker than the hashes made today. */
export const isWeak = (hash: string): boolean => {
  const [, memory = "0", passes = "0"] = PHC.exec(hash) ?? [];
  return Number(memory) < MEMORY_KIB || Number(passes) < PASSES;
};
