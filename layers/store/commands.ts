import { z } from "zod";
import type { Command, SequencedCommand } from "../domain/command.ts";
import type { ClientId, OrderId, Ticker } from "../domain/identifiers.ts";
import { money, shares } from "../domain/units.ts";
import { type Executor, sql } from "./database.ts";

/** A command in the symbol's sequence, still as the JSON it is stored and sent as. */
export type CommandRow = {
  readonly symbol: string;
  readonly seq: number;
  readonly record: unknown;
  readonly acceptedAt: string;
};

/** Writes a command as JSON: money as the text of its ten-thousandths. */
export const encodeCommand = (command: Command, correlationId: string): string =>
  JSON.stringify({
    ...command,
    ...("price" in command ? { price: command.price.toString() } : {}),
    correlationId,
  });

const common = {
  orderId: z.uuid().transform((id) => id as OrderId),
  clientId: z.uuid().transform((id) => id as ClientId),
  correlationId: z.string(),
};

const commandRecord = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("place"),
    ...common,
    direction: z.enum(["buy", "sell"]),
    orderType: z.enum(["limit", "market", "stop", "stop_limit"]),
    quantity: z.int().positive().transform(shares),
    price: z
      .string()
      .regex(/^[1-9][0-9]*$/)
      .transform((text) => money(BigInt(text))),
    timeInForce: z.enum(["DAY", "GTC", "GTD", "IOC", "FOK"]),
    postOnly: z.boolean(),
    selfTradePrevention: z.enum(["expire_taker", "expire_maker", "expire_both", "decrement"]),
  }),
  z.strictObject({ type: z.literal("cancel"), ...common }),
]);

/** Reads a stored or received command; throws when this version of the code does not know it. */
export const decodeCommand = ({
  symbol,
  seq,
  record,
  acceptedAt,
}: CommandRow): SequencedCommand => {
  const { correlationId, ...command } = commandRecord.parse(record);
  return {
    symbol: symbol as Ticker,
    seq,
    command,
    correlationId,
    acceptedAt: new Date(acceptedAt),
  };
};

type StoredRow = {
  readonly symbol: string;
  readonly seq: bigint;
  readonly command: unknown;
  readonly created_at: Date;
};

const toRow = (row: StoredRow): CommandRow => ({
  symbol: row.symbol,
  seq: Number(row.seq),
  record: row.command,
  acceptedAt: row.created_at.toISOString(),
});

/**
 * Moves up to `limit` committed commands from the outbox into their symbols' sequences, in one
 * statement: gapless numbers, in the order of acceptance. Rows are taken by being there, never by
 * `id > last`, so one that committed late is taken late and never skipped.
 */
export const sequenceCommands = async (
  db: Executor,
  limit: number,
): Promise<readonly CommandRow[]> => {
  const { rows } = await db.query<StoredRow>(sql`
    with taken as (
      delete from trading.outbox
      where outbox_id in (select outbox_id from trading.outbox order by outbox_id limit ${limit})
      returning outbox_id, symbol, command, created_at
    ), numbered as (
      select symbol, command, created_at,
        row_number() over (partition by symbol order by outbox_id) as position
      from taken
    ), advanced as (
      insert into trading.sequence as current (symbol, seq)
      select symbol, count(*) from taken group by symbol
      on conflict (symbol) do update set seq = current.seq + excluded.seq
      returning symbol, seq
    ), based as (
      select symbol, seq - (select count(*) from taken where taken.symbol = advanced.symbol) as base
      from advanced
    )
    insert into trading.command (symbol, seq, command, created_at)
    select symbol, base + position, command, created_at
    from numbered
    join based using (symbol)
    order by symbol, position
    returning symbol, seq, command, created_at`);
  return rows.map(toRow);
};

/** Reads commands of one symbol after a number, in sequence: how gaps are filled and books caught up. */
export const readCommands = async (
  db: Executor,
  symbol: string,
  afterSeq: number,
  limit: number,
): Promise<readonly CommandRow[]> => {
  const { rows } = await db.query<StoredRow>(sql`
    select symbol, seq, command, created_at
    from trading.command
    where symbol = ${symbol} and seq > ${afterSeq}
    order by seq
    limit ${limit}`);
  return rows.map(toRow);
};
