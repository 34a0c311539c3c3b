import { z } from "zod";
import type { AmendmentId, ClientId, OrderId, Ticker } from "../../domain/identifiers.ts";
import type { Command, SequencedCommand } from "../../domain/orders/command.ts";
import { money, shares } from "../../domain/units.ts";
import { traceparentHere } from "../../platform/tracing/tracing.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A command in the symbol's sequence, with its stored JSON. */
export type CommandRow = {
  readonly symbol: string;
  readonly seq: number;
  readonly record: unknown;
  readonly acceptedAt: Date;
};

/**
 * Writes a command as JSON, with money as the text of its ten-thousandths. It joins the current
 * trace, unless it has a trace context of its own.
 */
export const encodeCommand = (command: Command, correlationId: string): string =>
  JSON.stringify({ traceparent: traceparentHere(), ...command, correlationId }, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );

const price = z
  .string()
  .regex(/^[1-9][0-9]*$/)
  .transform((text) => money(BigInt(text)));

const origin = { correlationId: z.string(), traceparent: z.string().optional() };

const common = {
  orderId: z.uuid().transform((id) => id as OrderId),
  clientId: z.uuid().transform((id) => id as ClientId),
  ...origin,
};

const commandRecord = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("place"),
    ...common,
    direction: z.enum(["buy", "sell"]),
    orderType: z.enum(["limit", "market", "stop", "stop_limit"]),
    quantity: z.int().positive().transform(shares),
    collarPrice: price,
    stopPrice: price.optional(),
    timeInForce: z.enum(["DAY", "GTC", "GTD", "IOC", "FOK"]),
    endsAt: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .optional(),
    postOnly: z.boolean(),
    selfTradePrevention: z.enum(["expire_taker", "expire_maker", "expire_both", "decrement"]),
    withdrawn: z.enum(["cancelled", "expired"]).optional(),
  }),
  z.strictObject({
    type: z.literal("replace"),
    ...common,
    amendmentId: z.uuid().transform((id) => id as AmendmentId),
    quantity: z.int().positive().transform(shares),
    collarPrice: price,
    stopPrice: price.optional(),
    extraHeld: z
      .string()
      .regex(/^(0|[1-9][0-9]*)$/)
      .transform(BigInt),
  }),
  z.strictObject({ type: z.literal("cancel"), ...common }),
  z.strictObject({ type: z.literal("expire"), ...common }),
  z.strictObject({ type: z.enum(["halt", "resume"]), ...origin }),
]);

/** Reads a stored command; throws for a command that this version of the code does not know. */
export const decodeCommand = ({
  symbol,
  seq,
  record,
  acceptedAt,
}: CommandRow): SequencedCommand => {
  const { correlationId, traceparent, ...command } = commandRecord.parse(record);
  return {
    symbol: symbol as Ticker,
    seq,
    command,
    correlationId,
    traceparent,
    acceptedAt,
  };
};

/** The correlation ids of commands, read without decoding them: one may be what cannot be decoded. */
export const correlationIdsOf = (rows: readonly CommandRow[]): readonly string[] =>
  rows.flatMap(({ record }) => {
    const read = z.object({ correlationId: z.string() }).safeParse(record);
    return read.success ? [read.data.correlationId] : [];
  });

/** Reads commands of a symbol after a number, in sequence. */
export const readCommands = async (
  db: Executor,
  symbol: string,
  afterSeq: number,
  limit: number,
): Promise<readonly CommandRow[]> => {
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly seq: bigint;
    readonly command: unknown;
    readonly created_at: Date;
  }>(sql`
    select symbol, seq, command, created_at
    from trading.command
    where symbol = ${symbol} and seq > ${afterSeq}
    order by seq
    limit ${limit}`);
  return rows.map((row) => ({
    symbol: row.symbol,
    seq: Number(row.seq),
    record: row.command,
    acceptedAt: row.created_at,
  }));
};
