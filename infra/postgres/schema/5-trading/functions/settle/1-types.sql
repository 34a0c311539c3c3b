-- The argument of `trading.settle`: a batch of one symbol's commands, and everything that it
-- changed.
create type trading.settled_batch as (
  symbol text,
  currency text,
  epoch bigint,
  first_seq bigint,
  last_seq bigint,
  -- Null before the first trade.
  last_price bigint,
  -- Null when trading was neither halted nor resumed.
  halted boolean,
  settled_at timestamptz,
  notices_due timestamptz
);

create type trading.settled_transfer as (
  kind text,
  reference text,
  asset text,
  amount bigint,
  debit_account uuid,
  debit_bucket text,
  credit_account uuid,
  credit_bucket text
);

-- The change of a balance; for traded shares also the position before and after the trades.
create type trading.balance_change as (
  client_id uuid,
  asset text,
  available bigint,
  held bigint,
  ended_orders integer,
  cost bigint,
  realized_pnl bigint,
  owned_before bigint,
  cost_before bigint,
  pnl_before bigint
);

-- An order after the batch. `amendment_id` names a replace that the batch decided; it was refused
-- when there is a `refusal`.
create type trading.order_change as (
  order_id uuid,
  client_id uuid,
  quantity bigint,
  collar_price bigint,
  stop_price bigint,
  status text,
  closed boolean,
  -- Whether it was in the book before the batch.
  rested boolean,
  triggered boolean,
  reason text,
  filled_quantity bigint,
  open_quantity bigint,
  cancelled_quantity bigint,
  expired_quantity bigint,
  prevented_quantity bigint,
  filled_notional bigint,
  held bigint,
  engine_order bigint,
  queue_position bigint,
  amendment_id uuid,
  refusal text
);
