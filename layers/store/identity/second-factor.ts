import type { ClientId } from "../../domain/identifiers.ts";
import {
  type ChallengeId,
  type Factor,
  isCode,
  normalizeRecoveryCode,
} from "../../domain/identity/mfa.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Seal } from "../../platform/credentials/seal.ts";
import { sameHash } from "../../platform/credentials/secrets.ts";
import { totpStep } from "../../platform/credentials/totp.ts";
import type { Logger } from "../../platform/logger.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

type Deps = { readonly seal: Seal; readonly clock: Clock; readonly logger: Logger };

/** Checks the code of a challenge, mailed or from the authenticator app. */
export const isRightCode = async (
  deps: Deps,
  tx: Transaction,
  challenge: {
    readonly challengeId: ChallengeId;
    readonly clientId: ClientId;
    readonly factor: Factor;
    readonly codeHash: Uint8Array;
    readonly code: string;
  },
): Promise<boolean> =>
  challenge.factor === "mail"
    ? deps.seal
        .stamps(challenge.code, challenge.challengeId)
        .some((hash) => sameHash(hash, challenge.codeHash))
    : useAppCode(deps, tx, challenge.clientId, challenge.code);

/** Binds a recovery code to its client, so that it is useless for another client. */
const recoveryId = (clientId: ClientId): string => `recovery code of ${clientId}`;

/**
 * Checks a code of the client's authenticator app, or a recovery code. A right code is used up: the
 * app's time step or the recovery code is refused from then on. The app's secret is sealed again,
 * because an older secret of the server may have sealed it.
 */
export const useAppCode = async (
  deps: Deps,
  tx: Transaction,
  clientId: ClientId,
  code: string,
): Promise<boolean> => {
  if (!isCode(code)) return useRecoveryCode(deps.seal, tx, clientId, code);
  const secret = await lockSecret(deps, tx, clientId);
  const step = secret && totpStep(secret, code, deps.clock());
  if (secret === undefined || step === undefined) return false;
  const { count } = await tx.query(sql`
    update identity.totp
    set last_step = ${step}, sealed_secret = ${deps.seal.seal(secret, clientId)}
    where client_id = ${clientId} and confirmed_at is not null and last_step < ${step}`);
  return count === 1;
};

const useRecoveryCode = async (
  seal: Seal,
  tx: Transaction,
  clientId: ClientId,
  code: string,
): Promise<boolean> => {
  const hashes = seal.stamps(normalizeRecoveryCode(code), recoveryId(clientId));
  const { count } = await tx.query(sql`
    update identity.recovery_code
    set used_at = now()
    where client_id = ${clientId} and code_hash = any(${hashes}::bytea[]) and used_at is null`);
  return count === 1;
};

/** Undefined without an app, and when the server no longer has the secret that sealed the app's. */
const lockSecret = async (
  { seal, logger }: Deps,
  tx: Transaction,
  clientId: ClientId,
): Promise<string | undefined> => {
  const { rows } = await tx.query<{ sealed_secret: Buffer }>(sql`
    select sealed_secret from identity.totp where client_id = ${clientId} for update`);
  try {
    return rows[0] && seal.open(rows[0].sealed_secret, clientId);
  } catch (error) {
    logger.error({ clientId, err: error }, "the secret of an authenticator app cannot be opened");
    return undefined;
  }
};

/** Whether the client has an authenticator app that is in use. */
export const hasTotp = async (db: Executor, clientId: ClientId): Promise<boolean> => {
  const { rows } = await db.query(sql`
    select from identity.totp where client_id = ${clientId} and confirmed_at is not null`);
  return rows.length === 1;
};

/**
 * Stores the secret of an app that is not confirmed yet; false when the client already has an app.
 */
export const keepSecret = async (
  seal: Seal,
  db: Executor,
  clientId: ClientId,
  secret: string,
): Promise<boolean> => {
  const { count } = await db.query(sql`
    insert into identity.totp as known (client_id, sealed_secret)
    values (${clientId}, ${seal.seal(secret, clientId)})
    on conflict (client_id) do update
    set sealed_secret = excluded.sealed_secret, created_at = now(), last_step = 0
    where known.confirmed_at is null`);
  return count === 1;
};

/** Activates the app with these recovery codes if the code is right; returns whether it was. */
export const confirmTotp = async (
  deps: Deps,
  tx: Transaction,
  clientId: ClientId,
  confirmation: { readonly code: string; readonly recoveryCodes: readonly string[] },
): Promise<boolean> => {
  const { seal } = deps;
  const secret = await lockSecret(deps, tx, clientId);
  const step = secret && totpStep(secret, confirmation.code, deps.clock());
  if (secret === undefined || step === undefined) return false;
  const { count } = await tx.query(sql`
    update identity.totp
    set confirmed_at = now(), last_step = ${step}, sealed_secret = ${seal.seal(secret, clientId)}
    where client_id = ${clientId} and confirmed_at is null`);
  if (count === 0) return false;
  const hashes = confirmation.recoveryCodes.map((code) => seal.stamp(code, recoveryId(clientId)));
  await tx.query(sql`delete from identity.recovery_code where client_id = ${clientId}`);
  await tx.query(sql`
    insert into identity.recovery_code (client_id, code_hash)
    select ${clientId}, hash from unnest(${hashes}::bytea[]) as hash`);
  return true;
};

/** Deletes the client's authenticator app and recovery codes. */
export const removeTotp = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  await tx.query(sql`delete from identity.recovery_code where client_id = ${clientId}`);
  await tx.query(sql`delete from identity.totp where client_id = ${clientId}`);
};
