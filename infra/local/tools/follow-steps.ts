import { type Database, sql } from "../../../layers/store/pg/database.ts";

type Row = Readonly<Record<string, string>>;

/** What one part of the system keeps of an order. */
export type Step = {
  readonly title: string;
  readonly place: string;
  readonly rows: readonly Row[];
};

type Deps = {
  readonly database: Database;
  readonly sqsUrl: string;
  readonly mailUrl: string;
};

/** All rows, messages and mails of an order, in time order. */
export const stepsOf = async (orderId: string, deps: Deps): Promise<readonly Step[]> => {
  const { database } = deps;
  const order = await query(database, orders(orderId));
  if (order.length === 0) throw new Error(`There is no order ${orderId}.`);
  const { symbol = "", client = "" } = order[0] ?? {};
  const commands = await query(database, commandsOf(orderId, symbol));
  return [
    { title: "The order", place: "trading.order", rows: order },
    {
      title: "Who asked for what",
      place: "trading.audit",
      rows: await query(database, audit(orderId)),
    },
    { title: "The commands", place: "trading.command", rows: commands },
    {
      title: "The messages that announced them",
      place: "SQS queue of the shard",
      rows: await messagesOf(deps.sqsUrl, symbol, commands),
    },
    { title: "The trades", place: "trading.trade", rows: await query(database, trades(orderId)) },
    {
      title: "The movements of cash and shares",
      place: "ledger.journal",
      rows: await query(database, journal(orderId)),
    },
    {
      title: "What the client was told live",
      place: "trading.activity",
      rows: await query(database, activities(orderId, client)),
    },
    { title: "The mails", place: "mail catcher", rows: await mailsOf(deps.mailUrl, orderId) },
  ];
};

const query = async (
  database: Database,
  question: ReturnType<typeof sql>,
): Promise<readonly Row[]> => (await database.query<Row>(question)).rows;

const orders = (orderId: string) => sql`
  select symbol, direction, order_type, quantity::text,
    coalesce(trim_scale(price / 10000.0)::text, '') as price, status,
    filled_quantity::text as filled, lock_version::text as version, client_id::text as client,
    correlation_id
  from trading."order" where order_id = ${orderId}::uuid`;

const audit = (orderId: string) => sql`
  select to_char(created_at at time zone 'utc', 'HH24:MI:SS.MS') as at, action, correlation_id
  from trading.audit where subject = ${orderId} order by audit_id`;

const commandsOf = (orderId: string, symbol: string) => sql`
  select to_char(created_at at time zone 'utc', 'HH24:MI:SS.MS') as accepted, seq::text,
    command->>'type' as type, command::text as command
  from trading.command
  where symbol = ${symbol} and command->>'orderId' = ${orderId} order by seq`;

const trades = (orderId: string) => sql`
  select to_char(created_at at time zone 'utc', 'HH24:MI:SS.MS') as settled, trade_id,
    quantity::text, trim_scale(price / 10000.0)::text as price,
    case when maker_order_id = ${orderId}::uuid then 'maker' else 'taker' end as liquidity
  from trading.trade
  where ${orderId}::uuid in (maker_order_id, taker_order_id) order by symbol, seq, trade_id`;

const journal = (orderId: string) => sql`
  with place (account_id, name) as (
    select account_id, name from ledger.house_account
    union all select client_id, email from identity.client)
  select to_char(created_at at time zone 'utc', 'HH24:MI:SS.MS') as at, kind, asset,
    case when asset = 'USD' then trim_scale(amount / 10000.0)::text else amount::text end as amount,
    debit.name || ', ' || debit_bucket as "from", credit.name || ', ' || credit_bucket as "to"
  from ledger.journal
  join place as debit on debit.account_id = debit_account
  join place as credit on credit.account_id = credit_account
  where reference = ${orderId} or reference in (
    select trade_id from trading.trade
    where ${orderId}::uuid in (maker_order_id, taker_order_id))
  order by journal_id`;

const activities = (orderId: string, client: string) => sql`
  select to_char(created_at at time zone 'utc', 'HH24:MI:SS.MS') as at, event_id::text, type,
    coalesce((order_state).status, (fill).trade_id, '') as what
  from trading.activity_event
  where client_id = ${client}::uuid
    and ((order_state).order_id = ${orderId}::uuid or (fill).trade_id in (
      select trade_id from trading.trade
      where ${orderId}::uuid in (maker_order_id, taker_order_id)))
  order by event_id`;

type Sent = { readonly at: string; readonly body: string };

/** The announcements that reached up to one of the commands. The local queue keeps the last ones. */
const messagesOf = async (
  url: string,
  symbol: string,
  commands: readonly Row[],
): Promise<readonly Row[]> => {
  const response = await fetch(`${url}/sent-messages`);
  const sent = (response.ok ? await response.json() : []) as readonly Sent[];
  const announced = sent.flatMap(({ at, body }) => {
    const message = JSON.parse(body) as { readonly symbol: string; readonly seq: number };
    return message.symbol === symbol ? [{ at: at.slice(11, 23), seq: message.seq, body }] : [];
  });
  const carriers = commands.flatMap(
    ({ seq }) => announced.find((message) => message.seq >= Number(seq)) ?? [],
  );
  return [...new Set(carriers)].map(({ at, body }) => ({ sent: at, body }));
};

type CaughtMail = { readonly recipient: string; readonly subject: string; readonly text: string };

const mailsOf = async (url: string, orderId: string): Promise<readonly Row[]> => {
  const response = await fetch(`${url}/api/messages`);
  const mails = (response.ok ? await response.json() : []) as readonly CaughtMail[];
  return mails
    .filter(({ text }) => text.includes(orderId))
    .map(({ recipient, subject }) => ({ recipient, subject }));
};
