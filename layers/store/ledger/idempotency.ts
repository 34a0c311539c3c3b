import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** The first answer given under an Idempotency-Key. */
type KeptAnswer = {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly answer: string;
};

/** The first answer to this key; undefined for a new key. */
export const findKeptAnswer = async (
  db: Executor,
  clientId: ClientId,
  operation: string,
  key: string,
): Promise<KeptAnswer | undefined> => {
  const { rows } = await db.query<KeptAnswer>(sql`
    select fingerprint, status, answer
    from ledger.idempotency_key
    where client_id = ${clientId} and operation = ${operation} and key = ${key}`);
  return rows[0];
};
