import { createHash } from "node:crypto";
import { type Executor, sql } from "../pg/database.ts";
import { countAttempt, forgive, type ThrottleRule } from "./throttle.ts";

/** One account from one address: a person who mistypes, or a program that guesses. */
const BOTH: ThrottleRule = { free: 10, maxSeconds: 900 };
/** One account from all addresses that it never logged in from. */
const ACCOUNT: ThrottleRule = { free: 100, maxSeconds: 900 };
/** All accounts that never logged in from this address, from it. */
const ADDRESS: ThrottleRule = { free: 200, maxSeconds: 60 };

/** A login with a password, before it is known whose. */
export type LoginAttempt = { readonly emailKey: string; readonly address: string };

/** How an attempt was counted, and the seconds it must wait. */
export type CountedLogin = {
  readonly wait: number;
  readonly both: string;
  readonly shared: readonly string[];
};

const subjectsOf = ({ emailKey, address }: LoginAttempt) => {
  // a subject may be any text that somebody sent: it is stored with a fixed length
  const account = createHash("sha256").update(emailKey).digest("base64url");
  return {
    both: `login ${account} ${address}`,
    account: `login ${account}`,
    address: `login from ${address}`,
  };
};

/**
 * Counts a login before its password is judged; `wait` is zero if it may be. Where the client has logged
 * in before, only failures from there count: a stranger elsewhere cannot lock the owner out, and neither
 * can a neighbour behind the same address. Unknown accounts are treated alike.
 */
export const countLogin = async (db: Executor, attempt: LoginAttempt): Promise<CountedLogin> => {
  const { both, account, address } = subjectsOf(attempt);
  const wait = await countAttempt(db, both, BOTH);
  if (wait > 0) return { wait, both, shared: [] };
  if (await isFamiliar(db, attempt)) return { wait: 0, both, shared: [] };
  const waits = [
    await countAttempt(db, account, ACCOUNT),
    await countAttempt(db, address, ADDRESS),
  ];
  return { wait: Math.max(...waits), both, shared: [account, address] };
};

/** Takes back what the attempt was counted as: the password was right. */
export const forgiveLogin = (db: Executor, { both, shared }: CountedLogin): Promise<void> =>
  forgive(db, { all: [both], last: shared });

const isFamiliar = async (db: Executor, attempt: LoginAttempt): Promise<boolean> => {
  const { rows } = await db.query(sql`
    select from identity.session
    join identity.client using (client_id)
    where email_key = ${attempt.emailKey} and address = ${attempt.address}
      and session.created_at > now() - interval '90 days'
    limit 1`);
  return rows.length > 0;
};
