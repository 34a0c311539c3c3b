import type { ClientId } from "../../domain/identifiers.ts";
import {
  type ChallengeCount,
  type ChallengeId,
  type ChallengeLimit,
  EMAIL_TRIES,
  type Factor,
  TRIES,
} from "../../domain/identity/mfa.ts";
import { ADVISORY_LOCK_SEEDS } from "../pg/advisory-locks.ts";
import { type Executor, fragment, type Sql, sql, type Transaction } from "../pg/database.ts";

/** The client and the network address whose challenges are counted. */
type Asker = { readonly clientId: ClientId; readonly address: string };

/**
 * Counts uncompleted challenges against each limit. Locks client and address until the transaction
 * ends, so that two logins cannot both take the last place.
 */
export const countChallenges = async (
  tx: Transaction,
  { clientId, address }: Asker,
  limits: readonly ChallengeLimit[],
): Promise<readonly ChallengeCount[]> => {
  await tx.query(sql`select from identity.client where client_id = ${clientId} for update`);
  await tx.query(
    sql`select pg_advisory_xact_lock(hashtextextended(${address}, ${ADVISORY_LOCK_SEEDS.challenges}))`,
  );
  const counts: ChallengeCount[] = [];
  for (const limit of limits) {
    const { rows } = await tx.query<{ oldest: number | null; unpassed: number }>(
      limit.of === "client"
        ? unpassedOfClient(clientId, limit.seconds)
        : unpassedOfAddress(address, limit.seconds),
    );
    const { unpassed = 0, oldest = 0 } = rows[0] ?? {};
    counts.push({ limit, unpassed, secondsUntilFree: limit.seconds - (oldest ?? 0) });
  }
  return counts;
};

/** `oldest` is the age in seconds of the challenge that leaves the time span first. */
const COUNT = fragment`
  count(*)::integer as unpassed,
  floor(extract(epoch from now() - min(created_at)))::integer as oldest
`;

const unpassedOfClient = (clientId: ClientId, seconds: number): Sql => sql`
  select ${COUNT}
  from identity.challenge
  where client_id = ${clientId}
    and created_at > now() - make_interval(secs => ${seconds})
    and passed_at is null
`;

const unpassedOfAddress = (address: string, seconds: number): Sql => sql`
  select ${COUNT}
  from identity.challenge
  where address = ${address}
    and created_at > now() - make_interval(secs => ${seconds})
    and passed_at is null
`;

/** Stores a challenge and returns until when its code is valid. */
export const insertChallenge = async (
  tx: Transaction,
  challenge: Asker & {
    readonly challengeId: ChallengeId;
    readonly codeHash: Uint8Array;
    readonly lifeSeconds: number;
    readonly factor?: Factor;
    /** The sign-up whose account this login opens. */
    readonly signUp?: Uint8Array | undefined;
    /** The session of a step-up; undefined for a login. */
    readonly sessionId?: string | undefined;
  },
): Promise<Date> => {
  const { rows } = await tx.query<{ expires_at: Date }>(sql`
    insert into identity.challenge (
      challenge_id, client_id, code_hash, address, verification_hash, factor, purpose, session_id,
      expires_at)
    values (
      ${challenge.challengeId},
      ${challenge.clientId},
      ${challenge.codeHash},
      ${challenge.address},
      ${challenge.signUp ?? null},
      ${challenge.factor ?? "mail"},
      ${challenge.sessionId === undefined ? "login" : "step_up"},
      ${challenge.sessionId ?? null},
      now() + make_interval(secs => ${challenge.lifeSeconds})
    )
    returning expires_at
  `);
  const [row] = rows;
  if (row === undefined) throw new Error(`challenge ${challenge.challengeId} was not stored`);
  return row.expires_at;
};

/**
 * The newest login challenge of a client, valid or not, if it was begun from the same address. A
 * stranger at another address, who knows only the e-mail, can neither guess its code nor use up its
 * tries.
 */
export const findNewestChallenge = async (
  executor: Executor,
  emailKey: string,
  address: string,
): Promise<ChallengeId | undefined> => {
  const { rows } = await executor.query<{ challenge_id: ChallengeId }>(sql`
    select challenge_id
    from identity.challenge
    join identity.client using (client_id)
    where email_key = ${emailKey} and address = ${address} and purpose = 'login'
    order by challenge.created_at desc, challenge_id desc
    limit 1
  `);
  return rows[0]?.challenge_id;
};

/** The newest challenge of a session's step-up that may still be passed. */
export const findStepUpChallenge = async (
  executor: Executor,
  sessionId: string,
): Promise<ChallengeId | undefined> => {
  const { rows } = await executor.query<{ challenge_id: ChallengeId }>(sql`
    select challenge_id
    from identity.challenge
    where session_id = ${sessionId} and passed_at is null and expires_at > now()
    order by created_at desc, challenge_id desc
    limit 1`);
  return rows[0]?.challenge_id;
};

/** A granted try, and what the code must match. */
export type Try = {
  readonly clientId: ClientId;
  readonly codeHash: Uint8Array;
  readonly factor: Factor;
  readonly roles: readonly string[];
  /** The sign-up whose account is opened when the code is right. */
  readonly signUp: Buffer | undefined;
};

/**
 * Uses one try of a valid challenge of an active client; undefined when none is left. The row is
 * locked until the transaction ends, so that tries are processed one after the other.
 */
export const spendTry = async (
  tx: Transaction,
  challengeId: ChallengeId,
  from: { readonly sessionId?: string; readonly byEmail?: boolean } = {},
): Promise<Try | undefined> => {
  const { rows } = await tx.query<{
    client_id: ClientId;
    code_hash: Buffer;
    roles: string[];
    factor: Factor;
    sign_up: Buffer | null;
  }>(sql`
    update identity.challenge
    set attempts = attempts + 1, email_attempts = email_attempts + ${from.byEmail ? 1 : 0}::smallint
    from identity.client
    where challenge_id = ${challengeId}
      and attempts < ${TRIES}
      and (not ${from.byEmail ?? false}::boolean or email_attempts < ${EMAIL_TRIES})
      and session_id is not distinct from ${from.sessionId ?? null}::uuid
      and passed_at is null
      and expires_at > now()
      and client.client_id = challenge.client_id
      and (client.status = 'active'
        or (client.status = 'pending' and verification_hash is not null))
    returning challenge.client_id, code_hash, factor, roles,
      case when client.status = 'pending' then verification_hash end as sign_up
  `);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    clientId: row.client_id,
    codeHash: row.code_hash,
    factor: row.factor,
    roles: row.roles,
    signUp: row.sign_up ?? undefined,
  };
};

/** Ends the challenge after a right code, which is never accepted again. */
export const passChallenge = async (tx: Transaction, challengeId: ChallengeId): Promise<void> => {
  await tx.query(sql`
    update identity.challenge
    set passed_at = now()
    where challenge_id = ${challengeId}
  `);
};
