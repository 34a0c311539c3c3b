import { createHash } from "node:crypto";
import { type Executor, sql } from "../pg/database.ts";
import { countAttempt, forgive, type ThrottleRule } from "./throttle.ts";

/** One account from one network address: a client who mistypes, or a program that guesses. */
const BOTH: ThrottleRule = { free: 10, maxSeconds: 900 };
/** One account from all addresses that it never logged in from. */
const ACCOUNT: ThrottleRule = { free: 100, maxSeconds: 900 };
/** All accounts that never logged in from this address, from this address. */
const ADDRESS: ThrottleRule = { free: 200, maxSeconds: 60 };

/** A login with a password, before the client is known. */
type LoginAttempt = { readonly emailKey: string; readonly address: string };

/** How an attempt was counted, and how many seconds it must wait. */
type CountedLogin = {
  readonly wait: number;
  readonly both: string;
  readonly shared: readonly string[];
};

const subjectsOf = ({ emailKey, address }: LoginAttempt) => {
  // A subject contains text that any caller can send, so it is stored with a fixed length.
  const account = createHash("sha256").update(emailKey).digest("base64url");
  return {
    both: `login ${account} ${address}`,
    account: `login ${account}`,
    address: `login from ${address}`,
  };
};

/**
 * Counts a login before its password is checked; `wait` is zero when it may be checked. From an
 * address where the client has logged in before, only failures from there count. So a stranger
 * cannot lock the owner out, neither from elsewhere nor behind the same address. Unknown accounts
 * are treated the same.
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

/** Undoes the count of an attempt whose password was right. */
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
