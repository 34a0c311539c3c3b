-- Written by `npm run schema`; a test compares it with what the migrations make.

-- Roles

role brokerx_admin login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_feed login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_identity login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_matcher login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_notifier login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_orders login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_reports login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

role brokerx_scheduler login
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan

-- Schemas

create schema identity;
grant usage on schema identity to brokerx_admin;
grant usage on schema identity to brokerx_feed;
grant usage on schema identity to brokerx_identity;
grant usage on schema identity to brokerx_notifier;
grant usage on schema identity to brokerx_orders;
grant usage on schema identity to brokerx_reports;
grant usage on schema identity to brokerx_scheduler;

create schema ledger;
grant usage on schema ledger to brokerx_admin;
grant usage on schema ledger to brokerx_identity;
grant usage on schema ledger to brokerx_matcher;
grant usage on schema ledger to brokerx_notifier;
grant usage on schema ledger to brokerx_orders;
grant usage on schema ledger to brokerx_reports;
grant usage on schema ledger to brokerx_scheduler;

create schema market;
grant usage on schema market to brokerx_admin;
grant usage on schema market to brokerx_feed;
grant usage on schema market to brokerx_matcher;
grant usage on schema market to brokerx_notifier;
grant usage on schema market to brokerx_orders;
grant usage on schema market to brokerx_reports;
grant usage on schema market to brokerx_scheduler;

create schema trading;
grant usage on schema trading to brokerx_admin;
grant usage on schema trading to brokerx_feed;
grant usage on schema trading to brokerx_identity;
grant usage on schema trading to brokerx_matcher;
grant usage on schema trading to brokerx_notifier;
grant usage on schema trading to brokerx_orders;
grant usage on schema trading to brokerx_reports;
grant usage on schema trading to brokerx_scheduler;

-- Types

create type market.level as (
  price bigint,
  quantity bigint
);

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

create type trading.new_order as (
  order_id uuid,
  client_id uuid,
  client_order_id text,
  fingerprint bytea,
  symbol text,
  direction text,
  order_type text,
  quantity bigint,
  price bigint,
  stop_price bigint,
  collar_price bigint,
  time_in_force text,
  expires_at timestamp with time zone,
  ends_at timestamp with time zone,
  post_only boolean,
  self_trade_prevention text,
  hold_asset text,
  hold_amount bigint,
  waits boolean,
  duplicate_window_ms integer,
  correlation_id text,
  traceparent text
);

create type trading.order_change as (
  order_id uuid,
  client_id uuid,
  quantity bigint,
  collar_price bigint,
  stop_price bigint,
  status text,
  closed boolean,
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

create type trading.recorded_balance as (
  client_id uuid,
  asset text,
  available bigint,
  held bigint
);

create type trading.recorded_fill as (
  client_id uuid,
  trade_id text,
  side text
);

create type trading.recorded_order as (
  client_id uuid,
  order_id uuid,
  status text,
  pending_action text,
  reason text,
  quantity bigint,
  price bigint,
  stop_price bigint,
  triggered boolean,
  filled_quantity bigint,
  open_quantity bigint,
  filled_notional bigint,
  held bigint,
  extra_held bigint,
  lock_version integer,
  updated_at timestamp with time zone
);

create type trading.recorded_transfer as (
  client_id uuid,
  asset text,
  amount bigint,
  kind text,
  reference text,
  way text
);

create type trading.recorded_withdrawal as (
  client_id uuid,
  withdrawal_id uuid,
  status text,
  amount bigint,
  currency text,
  reason text
);

create type trading.settled_batch as (
  symbol text,
  currency text,
  epoch bigint,
  first_seq bigint,
  last_seq bigint,
  last_price bigint,
  halted boolean,
  settled_at timestamp with time zone,
  notices_due timestamp with time zone
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

create type trading.spent_allowance as (
  client_id uuid,
  full_at timestamp with time zone,
  spacing interval
);

create type trading.verdict as (
  code text,
  allowed bigint,
  found text
);

-- Tables

create table identity.api_key (
  key_id text not null,
  client_id uuid not null,
  secret_hash bytea not null,
  name text not null,
  scopes text[] not null,
  allowed_ips text[] not null default '{}'::text[],
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_key_pkey PRIMARY KEY (key_id),
  constraint api_key_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint api_key_key_id_check CHECK ((key_id ~ '^[a-z2-7]{12}$'::text)),
  constraint api_key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint api_key_scopes_check CHECK (((scopes <@ ARRAY['read'::text, 'trade'::text, 'transfer'::text]) AND (cardinality(scopes) > 0))),
  constraint api_key_secret_hash_check CHECK ((length(secret_hash) = 32))
);
CREATE INDEX api_key_by_client ON identity.api_key USING btree (client_id, created_at);
grant select on identity.api_key to brokerx_admin;
grant select on identity.api_key to brokerx_feed;
grant insert, select, update on identity.api_key to brokerx_identity;
grant select on identity.api_key to brokerx_orders;
grant select on identity.api_key to brokerx_reports;
grant update (last_used_at, revoked_at) on identity.api_key to brokerx_admin;
grant update (last_used_at) on identity.api_key to brokerx_feed;
grant update (last_used_at) on identity.api_key to brokerx_orders;
grant update (last_used_at) on identity.api_key to brokerx_reports;

create table identity.challenge (
  challenge_id uuid not null,
  client_id uuid not null,
  purpose text not null default 'login'::text,
  factor text not null default 'mail'::text,
  code_hash bytea not null,
  address text not null,
  attempts smallint not null default 0,
  email_attempts smallint not null default 0,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  passed_at timestamp with time zone,
  session_id uuid,
  verification_hash bytea,
  constraint challenge_pkey PRIMARY KEY (challenge_id),
  constraint challenge_attempts_check CHECK (((attempts >= 0) AND (attempts <= 5))),
  constraint challenge_check CHECK ((email_attempts <= attempts)),
  constraint challenge_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint challenge_code_hash_check CHECK ((length(code_hash) = 32)),
  constraint challenge_factor_check CHECK ((factor = ANY (ARRAY['mail'::text, 'totp'::text]))),
  constraint challenge_purpose_check CHECK ((purpose = ANY (ARRAY['login'::text, 'step_up'::text]))),
  constraint challenge_session_id_fkey FOREIGN KEY (session_id) REFERENCES identity.session(session_id) ON DELETE CASCADE,
  constraint challenge_verification_hash_fkey FOREIGN KEY (verification_hash) REFERENCES identity.verification(token_hash) ON DELETE SET NULL
);
CREATE INDEX challenge_address_created_at_idx ON identity.challenge USING btree (address, created_at);
CREATE INDEX challenge_by_session ON identity.challenge USING btree (session_id, created_at) WHERE (session_id IS NOT NULL);
CREATE INDEX challenge_by_verification ON identity.challenge USING btree (verification_hash) WHERE (verification_hash IS NOT NULL);
CREATE INDEX challenge_client_id_created_at_idx ON identity.challenge USING btree (client_id, created_at);
grant insert, select, update on identity.challenge to brokerx_identity;
grant delete on identity.challenge to brokerx_notifier;
grant select (client_id, expires_at, passed_at, purpose) on identity.challenge to brokerx_admin;
grant update (expires_at) on identity.challenge to brokerx_admin;
grant select (expires_at) on identity.challenge to brokerx_notifier;

create table identity.client (
  client_id uuid not null,
  email text not null,
  email_key text not null,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  password_hash text not null,
  status text not null default 'pending'::text,
  roles text[] not null default '{}'::text[],
  wants_mail boolean not null default true,
  created_at timestamp with time zone not null default now(),
  verified_at timestamp with time zone,
  constraint client_pkey PRIMARY KEY (client_id),
  constraint client_check CHECK (((status = 'pending'::text) = (verified_at IS NULL))),
  constraint client_email_key_key UNIQUE (email_key),
  constraint client_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text, 'closed'::text])))
);
CREATE TRIGGER client_keeps_former_name AFTER UPDATE ON identity.client FOR EACH ROW WHEN (((old.status <> 'pending'::text) AND (((old.first_name IS DISTINCT FROM new.first_name) OR (old.last_name IS DISTINCT FROM new.last_name)) OR (old.email IS DISTINCT FROM new.email)))) EXECUTE FUNCTION identity.keep_former_name() -- enabled: A;
grant select on identity.client to brokerx_identity;
grant select (client_id, created_at, email, email_key, first_name, last_name, roles, status, verified_at) on identity.client to brokerx_admin;
grant update (status) on identity.client to brokerx_admin;
grant select (client_id, roles, status) on identity.client to brokerx_feed;
grant insert (client_id, date_of_birth, email, email_key, first_name, last_name, password_hash) on identity.client to brokerx_identity;
grant update (date_of_birth, email, email_key, first_name, last_name, password_hash, status, verified_at, wants_mail) on identity.client to brokerx_identity;
grant select (client_id, email, first_name, last_name, status, verified_at, wants_mail) on identity.client to brokerx_notifier;
grant select (client_id, email, first_name, roles, status) on identity.client to brokerx_orders;
grant select (client_id, email, first_name, last_name, roles, status) on identity.client to brokerx_reports;
grant select (client_id, email, first_name) on identity.client to brokerx_scheduler;

create table identity.former_name (
  client_id uuid not null,
  until timestamp with time zone not null default clock_timestamp(),
  first_name text not null,
  last_name text not null,
  email text not null,
  constraint former_name_pkey PRIMARY KEY (client_id, until),
  constraint former_name_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id)
);
CREATE TRIGGER former_name_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON identity.former_name FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant select on identity.former_name to brokerx_notifier;
grant select on identity.former_name to brokerx_reports;
grant insert (client_id, email, first_name, last_name) on identity.former_name to brokerx_identity;

create table identity.link (
  token_hash bytea not null,
  client_id uuid not null,
  purpose text not null,
  email text,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint link_pkey PRIMARY KEY (token_hash),
  constraint link_check CHECK (((purpose = 'email_change'::text) = (email IS NOT NULL))),
  constraint link_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint link_purpose_check CHECK ((purpose = ANY (ARRAY['password_reset'::text, 'email_change'::text]))),
  constraint link_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX link_by_client ON identity.link USING btree (client_id, created_at);
CREATE INDEX link_by_expiry ON identity.link USING btree (expires_at);
grant insert, select, update on identity.link to brokerx_identity;
grant delete on identity.link to brokerx_notifier;
grant select (client_id, expires_at, used_at) on identity.link to brokerx_admin;
grant update (expires_at) on identity.link to brokerx_admin;
grant select (expires_at) on identity.link to brokerx_notifier;

create table identity.mail (
  mail_id uuid not null,
  purpose text not null,
  recipient text not null,
  subject text not null,
  sealed_body bytea,
  created_at timestamp with time zone not null default now(),
  next_attempt_at timestamp with time zone not null default now(),
  give_up_at timestamp with time zone not null,
  attempts integer not null default 0,
  sent_at timestamp with time zone,
  failed_at timestamp with time zone,
  constraint mail_pkey PRIMARY KEY (mail_id),
  constraint mail_check CHECK ((((sent_at IS NULL) AND (failed_at IS NULL)) = (sealed_body IS NOT NULL))),
  constraint mail_purpose_check CHECK ((purpose = ANY (ARRAY['sign_up'::text, 'code'::text, 'order'::text, 'security'::text, 'transfer'::text, 'statement'::text])))
);
CREATE INDEX mail_by_recipient ON identity.mail USING btree (lower(recipient), created_at);
CREATE INDEX mail_waiting ON identity.mail USING btree (next_attempt_at) WHERE (sealed_body IS NOT NULL);
grant insert on identity.mail to brokerx_admin;
grant insert on identity.mail to brokerx_identity;
grant delete, insert, select, update on identity.mail to brokerx_notifier;
grant insert on identity.mail to brokerx_orders;
grant insert on identity.mail to brokerx_scheduler;
grant select (created_at, purpose, recipient) on identity.mail to brokerx_identity;

create table identity.recovery_code (
  client_id uuid not null,
  code_hash bytea not null,
  used_at timestamp with time zone,
  constraint recovery_code_pkey PRIMARY KEY (client_id, code_hash),
  constraint recovery_code_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint recovery_code_code_hash_check CHECK ((length(code_hash) = 32))
);
grant delete, insert, select, update on identity.recovery_code to brokerx_identity;

create table identity.refresh_token (
  token_hash bytea not null,
  session_id uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint refresh_token_pkey PRIMARY KEY (token_hash),
  constraint refresh_token_session_id_fkey FOREIGN KEY (session_id) REFERENCES identity.session(session_id) ON DELETE CASCADE,
  constraint refresh_token_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX refresh_token_by_expiry ON identity.refresh_token USING btree (expires_at);
CREATE INDEX refresh_token_session_id_idx ON identity.refresh_token USING btree (session_id);
grant insert, select, update on identity.refresh_token to brokerx_identity;
grant delete on identity.refresh_token to brokerx_notifier;
grant select (expires_at) on identity.refresh_token to brokerx_notifier;

create table identity.session (
  session_id uuid not null,
  client_id uuid not null,
  created_at timestamp with time zone not null default now(),
  auth_time timestamp with time zone not null default now(),
  last_used_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null default (now() + '30 days'::interval),
  address text not null default 'unknown'::text,
  user_agent text not null default ''::text,
  ended_at timestamp with time zone,
  end_reason text,
  constraint session_pkey PRIMARY KEY (session_id),
  constraint session_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  constraint session_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint session_user_agent_check CHECK ((length(user_agent) <= 200))
);
CREATE INDEX session_by_client ON identity.session USING btree (client_id, created_at);
CREATE INDEX session_by_end ON identity.session USING btree (COALESCE(ended_at, expires_at));
grant insert, select, update on identity.session to brokerx_identity;
grant delete on identity.session to brokerx_notifier;
grant select (address, client_id, created_at, end_reason, ended_at, expires_at, last_used_at, session_id, user_agent) on identity.session to brokerx_admin;
grant update (end_reason, ended_at) on identity.session to brokerx_admin;
grant select (client_id, ended_at, session_id) on identity.session to brokerx_feed;
grant select (ended_at, expires_at) on identity.session to brokerx_notifier;
grant select (client_id, ended_at, session_id) on identity.session to brokerx_orders;
grant select (client_id, ended_at, session_id) on identity.session to brokerx_reports;

create table identity.throttle (
  subject text not null,
  failures integer not null,
  next_at timestamp with time zone not null,
  updated_at timestamp with time zone not null default now(),
  constraint throttle_pkey PRIMARY KEY (subject),
  constraint throttle_failures_check CHECK ((failures >= 0))
);
CREATE INDEX throttle_by_age ON identity.throttle USING btree (updated_at);
grant delete, insert, select, update on identity.throttle to brokerx_identity;
grant delete on identity.throttle to brokerx_notifier;
grant select (updated_at) on identity.throttle to brokerx_notifier;

create table identity.totp (
  client_id uuid not null,
  sealed_secret bytea not null,
  last_step bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  confirmed_at timestamp with time zone,
  constraint totp_pkey PRIMARY KEY (client_id),
  constraint totp_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id)
);
grant delete, insert, select, update on identity.totp to brokerx_identity;

create table identity.verification (
  token_hash bytea not null,
  client_id uuid not null,
  email text not null,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  password_hash text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  opened_at timestamp with time zone,
  used_at timestamp with time zone,
  constraint verification_pkey PRIMARY KEY (token_hash),
  constraint verification_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.client(client_id),
  constraint verification_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX verification_client_id_idx ON identity.verification USING btree (client_id);
grant insert, select, update on identity.verification to brokerx_identity;
grant delete on identity.verification to brokerx_notifier;
grant select (client_id, opened_at) on identity.verification to brokerx_admin;
grant select (expires_at) on identity.verification to brokerx_notifier;

create table ledger.balance (
  client_id uuid not null,
  asset text not null,
  available bigint not null default 0,
  held bigint not null default 0,
  cost bigint not null default 0,
  realized_pnl bigint not null default 0,
  open_orders integer not null default 0,
  order_allowance_full_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint balance_pkey PRIMARY KEY (client_id, asset),
  constraint balance_is_sound CHECK (((LEAST(available, held, cost, (open_orders)::bigint) >= 0) AND (asset ~ '^[A-Z]{1,6}$'::text)))
) with (fillfactor=50);
grant insert, select, update on ledger.balance to brokerx_admin;
grant select on ledger.balance to brokerx_identity;
grant select on ledger.balance to brokerx_matcher;
grant select on ledger.balance to brokerx_notifier;
grant select on ledger.balance to brokerx_orders;
grant select on ledger.balance to brokerx_reports;
grant select on ledger.balance to brokerx_scheduler;
grant insert (asset, client_id) on ledger.balance to brokerx_identity;
grant insert (asset, client_id) on ledger.balance to brokerx_matcher;

create table ledger.checkpoint (
  only_one boolean not null default true,
  until_journal bigint not null default 0,
  next_journal bigint not null default 0,
  next_xmax xid8 not null default '0'::xid8,
  marked_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint checkpoint_pkey PRIMARY KEY (only_one),
  constraint checkpoint_check CHECK ((next_journal >= until_journal)),
  constraint checkpoint_only_one_check CHECK (only_one)
);
grant select, update on ledger.checkpoint to brokerx_matcher;

create table ledger.checkpoint_balance (
  account_id uuid not null,
  asset text not null,
  available bigint not null,
  held bigint not null,
  constraint checkpoint_balance_pkey PRIMARY KEY (account_id, asset)
) with (fillfactor=50);
grant insert, select, update on ledger.checkpoint_balance to brokerx_matcher;

create table ledger.deposit (
  deposit_id uuid not null,
  client_id uuid not null,
  amount bigint not null,
  currency text not null,
  created_at timestamp with time zone not null default now(),
  constraint deposit_pkey PRIMARY KEY (deposit_id),
  constraint deposit_amount_check CHECK ((((amount >= 100) AND (amount <= '10000000000'::bigint)) AND ((amount % (100)::bigint) = 0))),
  constraint deposit_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);
CREATE INDEX deposit_by_client ON ledger.deposit USING btree (client_id, deposit_id);
grant select on ledger.deposit to brokerx_orders;

create table ledger.deposit_day (
  client_id uuid not null,
  day date not null,
  total bigint not null,
  constraint deposit_day_pkey PRIMARY KEY (client_id, day),
  constraint deposit_day_total_check CHECK ((total > 0))
) with (fillfactor=50);
grant select on ledger.deposit_day to brokerx_orders;

create table ledger.house_account (
  account_id uuid not null,
  name text not null,
  constraint house_account_pkey PRIMARY KEY (account_id),
  constraint house_account_name_key UNIQUE (name)
);
grant select on ledger.house_account to brokerx_admin;

create table ledger.idempotency_key (
  client_id uuid not null,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  status smallint,
  answer text,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_key_pkey PRIMARY KEY (client_id, operation, key),
  constraint idempotency_key_fingerprint_check CHECK ((length(fingerprint) = 32)),
  constraint idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);
CREATE INDEX idempotency_key_by_age ON ledger.idempotency_key USING btree (created_at);
grant delete, insert, select on ledger.idempotency_key to brokerx_admin;
grant select on ledger.idempotency_key to brokerx_orders;

create table ledger.journal (
  journal_id bigint not null generated always as identity,
  kind text not null,
  reference text not null,
  asset text not null,
  amount bigint not null,
  debit_account uuid not null,
  debit_bucket text not null,
  credit_account uuid not null,
  credit_bucket text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  cost bigint,
  constraint journal_pkey PRIMARY KEY (journal_id),
  constraint journal_cost_check CHECK ((cost >= 0)),
  constraint journal_is_sound CHECK (ledger.is_transfer(journal.*))
);
CREATE INDEX journal_by_credit ON ledger.journal USING btree (credit_account, created_at, journal_id) WHERE (debit_account <> credit_account);
CREATE INDEX journal_by_debit ON ledger.journal USING btree (debit_account, created_at, journal_id) WHERE (debit_account <> credit_account);
CREATE TRIGGER journal_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.journal FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant insert, select on ledger.journal to brokerx_admin;
grant select on ledger.journal to brokerx_matcher;
grant select on ledger.journal to brokerx_notifier;
grant select on ledger.journal to brokerx_orders;
grant select on ledger.journal to brokerx_reports;

create table ledger.month_end (
  client_id uuid not null,
  month date not null,
  sha256 bytea not null,
  made_at timestamp with time zone not null default now(),
  constraint month_end_pkey PRIMARY KEY (client_id, month),
  constraint month_end_month_check CHECK ((month = date_trunc('month'::text, (month)::timestamp with time zone))),
  constraint month_end_sha256_check CHECK ((length(sha256) = 32))
);
CREATE TRIGGER month_end_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.month_end FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant insert, select on ledger.month_end to brokerx_notifier;

create table ledger.withdrawal (
  withdrawal_id uuid not null,
  client_id uuid not null,
  amount bigint not null,
  currency text not null,
  status text not null default 'pending'::text,
  reason text,
  correlation_id text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  cancel_requested boolean not null default false,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null default now(),
  constraint withdrawal_pkey PRIMARY KEY (withdrawal_id),
  constraint withdrawal_amount_check CHECK ((((amount >= 100) AND (amount <= '10000000000'::bigint)) AND ((amount % (100)::bigint) = 0))),
  constraint withdrawal_check CHECK (((status = ANY (ARRAY['failed'::text, 'cancelled'::text])) = (reason IS NOT NULL))),
  constraint withdrawal_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint withdrawal_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX withdrawal_by_client ON ledger.withdrawal USING btree (client_id, withdrawal_id);
CREATE INDEX withdrawal_waiting ON ledger.withdrawal USING btree (next_attempt_at) WHERE (status = 'pending'::text);
grant select on ledger.withdrawal to brokerx_orders;
grant select on ledger.withdrawal to brokerx_scheduler;
grant select (client_id, status) on ledger.withdrawal to brokerx_identity;
grant update (attempts, cancel_requested, next_attempt_at) on ledger.withdrawal to brokerx_orders;
grant update (attempts, cancel_requested, next_attempt_at) on ledger.withdrawal to brokerx_scheduler;

create table market.calendar (
  calendar text not null,
  name text not null,
  time_zone text not null,
  opens_at time without time zone not null,
  closes_at time without time zone not null,
  weekdays smallint[] not null,
  known_until date,
  constraint calendar_pkey PRIMARY KEY (calendar),
  constraint calendar_calendar_check CHECK ((calendar ~ '^[A-Z0-9_]{1,16}$'::text)),
  constraint calendar_check CHECK ((closes_at > opens_at)),
  constraint calendar_weekdays_check CHECK (((weekdays <@ ARRAY[(1)::smallint, (2)::smallint, (3)::smallint, (4)::smallint, (5)::smallint, (6)::smallint, (7)::smallint]) AND (cardinality(weekdays) > 0)))
);
grant select on market.calendar to brokerx_admin;
grant select on market.calendar to brokerx_feed;
grant select on market.calendar to brokerx_matcher;
grant select on market.calendar to brokerx_orders;
grant select on market.calendar to brokerx_scheduler;

create table market.candle (
  symbol text not null,
  seconds integer not null,
  opens_at timestamp with time zone not null,
  open bigint not null,
  high bigint not null,
  low bigint not null,
  close bigint not null,
  volume bigint not null,
  trades bigint not null,
  constraint candle_pkey PRIMARY KEY (symbol, seconds, opens_at),
  constraint candle_check CHECK ((high >= GREATEST(open, close))),
  constraint candle_check1 CHECK (((low >= 1) AND (low <= LEAST(open, close)))),
  constraint candle_close_check CHECK ((close > 0)),
  constraint candle_open_check CHECK ((open > 0)),
  constraint candle_seconds_check CHECK ((seconds = ANY (ARRAY[60, 3600]))),
  constraint candle_trades_check CHECK ((trades > 0)),
  constraint candle_volume_check CHECK ((volume > 0))
) with (fillfactor=50);
grant select on market.candle to brokerx_feed;
grant select on market.candle to brokerx_orders;

create table market.connection (
  connection_id text not null,
  client_id uuid not null,
  credential_kind text not null,
  credential_id text not null,
  protocol text not null,
  expires_at timestamp with time zone not null,
  worker text,
  closed boolean not null default false,
  created_at timestamp with time zone not null default now(),
  constraint connection_pkey PRIMARY KEY (connection_id),
  constraint connection_connection_id_check CHECK (((length(connection_id) >= 1) AND (length(connection_id) <= 128))),
  constraint connection_credential_kind_check CHECK ((credential_kind = ANY (ARRAY['session'::text, 'api_key'::text])))
);
CREATE INDEX connection_by_client ON market.connection USING btree (client_id);
CREATE INDEX connection_by_worker ON market.connection USING btree (worker, closed);
grant delete, insert, select, update on market.connection to brokerx_feed;

create table market.connection_text (
  text_id bigint not null generated always as identity,
  connection_id text not null,
  text text not null,
  constraint connection_text_pkey PRIMARY KEY (text_id),
  constraint connection_text_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES market.connection(connection_id) ON DELETE CASCADE,
  constraint connection_text_text_check CHECK ((length(text) <= 4096))
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);
CREATE INDEX connection_text_by_connection ON market.connection_text USING btree (connection_id);
grant delete, insert, select, update on market.connection_text to brokerx_feed;

create table market.event (
  symbol text not null,
  last_seq bigint not null,
  first_seq bigint not null,
  trades integer not null,
  bids market.level[] not null storage e,
  asks market.level[] not null storage e,
  created_at timestamp with time zone not null default now(),
  constraint event_pkey PRIMARY KEY (symbol, last_seq),
  constraint event_check CHECK (((first_seq >= 1) AND (first_seq <= last_seq)))
);
CREATE INDEX event_by_age ON market.event USING btree (created_at);
grant select on market.event to brokerx_feed;
grant delete, select on market.event to brokerx_matcher;

create table market.feed_worker (
  name text not null,
  seen_at timestamp with time zone not null default now(),
  constraint feed_worker_pkey PRIMARY KEY (name)
);
grant delete, insert, select, update on market.feed_worker to brokerx_feed;

create table market.former_reference_price (
  symbol text not null,
  until timestamp with time zone not null default clock_timestamp(),
  price bigint,
  constraint former_reference_price_pkey PRIMARY KEY (symbol, until),
  constraint former_reference_price_symbol_fkey FOREIGN KEY (symbol) REFERENCES market.instrument(symbol)
);
CREATE TRIGGER former_reference_price_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON market.former_reference_price FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant select on market.former_reference_price to brokerx_reports;
grant insert (price, symbol) on market.former_reference_price to brokerx_admin;

create table market.holiday (
  calendar text not null,
  day date not null,
  closes_at time without time zone,
  constraint holiday_pkey PRIMARY KEY (calendar, day),
  constraint holiday_calendar_fkey FOREIGN KEY (calendar) REFERENCES market.calendar(calendar)
);
grant select on market.holiday to brokerx_admin;
grant select on market.holiday to brokerx_feed;
grant select on market.holiday to brokerx_matcher;
grant select on market.holiday to brokerx_orders;
grant select on market.holiday to brokerx_scheduler;

create table market.instrument (
  symbol text not null,
  name text not null,
  currency text not null default 'USD'::text,
  calendar text not null default 'ALWAYS'::text,
  status text not null default 'trading'::text,
  status_since timestamp with time zone not null default now(),
  tick_size bigint not null,
  lot_size bigint not null,
  min_quantity bigint not null,
  max_quantity bigint not null,
  max_notional bigint not null,
  reference_price bigint,
  price_band_bps integer not null,
  duplicate_window_ms integer not null default 1000,
  created_at timestamp with time zone not null default now(),
  constraint instrument_pkey PRIMARY KEY (symbol),
  constraint instrument_calendar_fkey FOREIGN KEY (calendar) REFERENCES market.calendar(calendar),
  constraint instrument_check CHECK (((currency ~ '^[A-Z]{3}$'::text) AND (currency <> symbol))),
  constraint instrument_check1 CHECK ((max_quantity >= min_quantity)),
  constraint instrument_duplicate_window_ms_check CHECK (((duplicate_window_ms >= 0) AND (duplicate_window_ms <= 10000))),
  constraint instrument_lot_size_check CHECK ((lot_size > 0)),
  constraint instrument_max_notional_check CHECK ((max_notional > 0)),
  constraint instrument_min_quantity_check CHECK ((min_quantity > 0)),
  constraint instrument_price_band_bps_check CHECK (((price_band_bps >= 1) AND (price_band_bps <= 10000))),
  constraint instrument_reference_price_check CHECK ((reference_price > 0)),
  constraint instrument_status_check CHECK ((status = ANY (ARRAY['trading'::text, 'halted'::text, 'closed'::text]))),
  constraint instrument_symbol_check CHECK ((symbol ~ '^[A-Z]{1,6}$'::text)),
  constraint instrument_tick_size_check CHECK ((tick_size > 0))
);
CREATE TRIGGER instrument_keeps_former_reference_price AFTER UPDATE ON market.instrument FOR EACH ROW WHEN ((old.reference_price IS DISTINCT FROM new.reference_price)) EXECUTE FUNCTION market.keep_former_reference_price() -- enabled: A;
grant insert, select, update on market.instrument to brokerx_admin;
grant select on market.instrument to brokerx_feed;
grant select on market.instrument to brokerx_matcher;
grant select on market.instrument to brokerx_notifier;
grant select on market.instrument to brokerx_orders;
grant select on market.instrument to brokerx_reports;
grant select on market.instrument to brokerx_scheduler;

create table market.ticket (
  ticket_hash bytea not null,
  client_id uuid not null,
  credential_kind text not null,
  credential_id text not null,
  token_expires_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint ticket_pkey PRIMARY KEY (ticket_hash),
  constraint ticket_credential_kind_check CHECK ((credential_kind = ANY (ARRAY['session'::text, 'api_key'::text]))),
  constraint ticket_ticket_hash_check CHECK ((length(ticket_hash) = 32))
);
CREATE INDEX ticket_by_expiry ON market.ticket USING btree (expires_at);
grant delete, insert, select on market.ticket to brokerx_feed;
grant delete, insert, select on market.ticket to brokerx_orders;

create table trading.account (
  client_id uuid not null,
  currency text not null default 'USD'::text,
  status text not null default 'active'::text,
  max_open_orders integer not null default 1000,
  max_orders_per_second integer not null default 500,
  max_order_burst integer not null default 1000,
  max_quantity bigint,
  max_notional bigint,
  max_daily_deposits bigint not null default '1000000000000'::bigint,
  price_band_bps integer,
  duplicate_window_ms integer,
  changed_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint account_pkey PRIMARY KEY (client_id),
  constraint account_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint account_duplicate_window_ms_check CHECK (((duplicate_window_ms >= 0) AND (duplicate_window_ms <= 10000))),
  constraint account_max_daily_deposits_check CHECK ((max_daily_deposits >= 0)),
  constraint account_max_notional_check CHECK ((max_notional > 0)),
  constraint account_max_open_orders_check CHECK ((max_open_orders >= 0)),
  constraint account_max_order_burst_check CHECK (((max_order_burst >= 1) AND (max_order_burst <= 1000000))),
  constraint account_max_orders_per_second_check CHECK (((max_orders_per_second >= 1) AND (max_orders_per_second <= 100000))),
  constraint account_max_quantity_check CHECK ((max_quantity > 0)),
  constraint account_price_band_bps_check CHECK (((price_band_bps >= 1) AND (price_band_bps <= 10000))),
  constraint account_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text])))
) with (fillfactor=50);
CREATE INDEX account_by_change ON trading.account USING btree (changed_at) WHERE (changed_at > '-infinity'::timestamp with time zone);
CREATE INDEX account_suspended ON trading.account USING btree (client_id) WHERE (status = 'suspended'::text);
CREATE TRIGGER account_notes_its_change BEFORE UPDATE ON trading.account FOR EACH ROW EXECUTE FUNCTION trading.note_change() -- enabled: A;
grant select on trading.account to brokerx_admin;
grant select on trading.account to brokerx_identity;
grant select on trading.account to brokerx_notifier;
grant select on trading.account to brokerx_orders;
grant select on trading.account to brokerx_reports;
grant select on trading.account to brokerx_scheduler;
grant update (duplicate_window_ms, max_daily_deposits, max_notional, max_open_orders, max_order_burst, max_orders_per_second, max_quantity, price_band_bps, status) on trading.account to brokerx_admin;
grant select (changed_at, client_id) on trading.account to brokerx_feed;
grant insert (client_id) on trading.account to brokerx_identity;
grant update (status) on trading.account to brokerx_identity;

create table trading.activity (
  client_id uuid not null,
  first_event bigint not null,
  last_event bigint not null,
  "position" bigint not null generated always as identity,
  transfers trading.recorded_transfer[],
  fills trading.recorded_fill[],
  orders trading.recorded_order[],
  balances trading.recorded_balance[],
  withdrawals trading.recorded_withdrawal[],
  created_at timestamp with time zone not null,
  constraint activity_pkey PRIMARY KEY (client_id, last_event),
  constraint activity_check CHECK ((last_event = ((((((first_event - 1) + COALESCE(cardinality(transfers), 0)) + COALESCE(cardinality(fills), 0)) + COALESCE(cardinality(orders), 0)) + COALESCE(cardinality(balances), 0)) + COALESCE(cardinality(withdrawals), 0)))),
  constraint activity_first_event_check CHECK ((first_event > 0))
);
CREATE UNIQUE INDEX activity_by_position ON trading.activity USING btree ("position");
CREATE TRIGGER activity_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON trading.activity FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant insert, select on trading.activity to brokerx_feed;
grant select on trading.activity to brokerx_notifier;
grant insert, select on trading.activity to brokerx_orders;
grant select on trading.activity to brokerx_reports;

create table trading.activity_outbox (
  outbox_id bigint not null generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  transfers trading.recorded_transfer[] storage e,
  fills trading.recorded_fill[] storage e,
  orders trading.recorded_order[] storage e,
  balances trading.recorded_balance[] storage e,
  withdrawals trading.recorded_withdrawal[] storage e,
  created_at timestamp with time zone not null default now(),
  constraint activity_outbox_pkey PRIMARY KEY (outbox_id)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);
grant delete, select on trading.activity_outbox to brokerx_feed;
grant select on trading.activity_outbox to brokerx_notifier;
grant delete, select on trading.activity_outbox to brokerx_orders;
grant select on trading.activity_outbox to brokerx_reports;
grant insert (balances, transfers) on trading.activity_outbox to brokerx_admin;
grant insert (balances, orders, transfers) on trading.activity_outbox to brokerx_orders;
grant insert (balances, orders, transfers) on trading.activity_outbox to brokerx_scheduler;

create table trading.activity_sequence (
  client_id uuid not null,
  event_id bigint not null,
  constraint activity_sequence_pkey PRIMARY KEY (client_id),
  constraint activity_sequence_event_id_check CHECK ((event_id > 0))
) with (fillfactor=50);
grant insert, select, update on trading.activity_sequence to brokerx_feed;
grant insert, select, update on trading.activity_sequence to brokerx_orders;

create table trading.amendment (
  amendment_id uuid not null,
  order_id uuid not null,
  client_id uuid not null,
  status text not null default 'requested'::text,
  reason text,
  old_quantity bigint not null,
  old_price bigint,
  old_stop_price bigint,
  new_quantity bigint not null,
  new_price bigint,
  new_stop_price bigint,
  extra_held bigint not null,
  correlation_id text not null,
  created_at timestamp with time zone not null default now(),
  decided_at timestamp with time zone,
  constraint amendment_pkey PRIMARY KEY (amendment_id),
  constraint amendment_check CHECK (((reason IS NOT NULL) = (status = 'refused'::text))),
  constraint amendment_check1 CHECK (((decided_at IS NULL) = (status = 'requested'::text))),
  constraint amendment_extra_held_check CHECK ((extra_held >= 0)),
  constraint amendment_new_quantity_check CHECK ((new_quantity > 0)),
  constraint amendment_old_quantity_check CHECK ((old_quantity > 0)),
  constraint amendment_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'applied'::text, 'refused'::text])))
);
CREATE INDEX amendment_by_order ON trading.amendment USING btree (order_id, amendment_id);
CREATE UNIQUE INDEX amendment_in_flight ON trading.amendment USING btree (order_id) WHERE (status = 'requested'::text);
CREATE TRIGGER amendment_decided_never_changes BEFORE UPDATE ON trading.amendment FOR EACH ROW WHEN ((old.status <> 'requested'::text)) EXECUTE FUNCTION trading.keep_decided_amendments() -- enabled: A;
grant select on trading.amendment to brokerx_notifier;
grant select on trading.amendment to brokerx_orders;
grant select on trading.amendment to brokerx_reports;

create table trading.audit (
  audit_id bigint not null generated always as identity,
  xact bigint not null default ((pg_current_xact_id())::text)::bigint,
  client_id uuid,
  action text not null,
  subject text not null,
  correlation_id text not null,
  facts jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  constraint audit_pkey PRIMARY KEY (xact, audit_id)
);
CREATE INDEX audit_adjustments ON trading.audit USING btree (((facts ->> 'adjustmentId'::text))) WHERE (action = 'balance_adjusted'::text);
CREATE TRIGGER audit_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON trading.audit FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant select on trading.audit to brokerx_admin;
grant select on trading.audit to brokerx_orders;
grant insert on trading.audit to brokerx_reports;
grant select on trading.audit to brokerx_scheduler;
grant insert (action, client_id, correlation_id, facts, subject) on trading.audit to brokerx_admin;
grant insert (action, client_id, correlation_id, facts, subject) on trading.audit to brokerx_identity;
grant insert (action, client_id, correlation_id, facts, subject) on trading.audit to brokerx_matcher;
grant insert (action, client_id, correlation_id, facts, subject) on trading.audit to brokerx_orders;
grant insert (action, client_id, correlation_id, facts, subject) on trading.audit to brokerx_scheduler;

create table trading.audit_block (
  block_no bigint not null,
  until_xact bigint not null,
  row_ids bigint[] not null,
  row_hashes bytea not null,
  previous_hash bytea not null,
  hash bytea not null,
  sealed_at timestamp with time zone not null default now(),
  constraint audit_block_pkey PRIMARY KEY (block_no),
  constraint audit_block_block_no_check CHECK ((block_no > 0)),
  constraint audit_block_check CHECK ((length(row_hashes) = (32 * cardinality(row_ids)))),
  constraint audit_block_hash_check CHECK ((length(hash) = 32)),
  constraint audit_block_previous_hash_check CHECK ((length(previous_hash) = 32)),
  constraint audit_block_row_ids_check CHECK ((cardinality(row_ids) > 0))
);
CREATE TRIGGER audit_block_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON trading.audit_block FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant insert, select on trading.audit_block to brokerx_scheduler;

create table trading.book (
  symbol text not null,
  shard smallint not null default 0,
  epoch bigint not null default 0,
  settled_seq bigint not null default 0,
  last_price bigint,
  halted boolean not null default false,
  failed_seq bigint,
  last_entry_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint book_pkey PRIMARY KEY (symbol),
  constraint book_last_price_check CHECK ((last_price > 0)),
  constraint book_settled_seq_check CHECK ((settled_seq >= 0)),
  constraint book_shard_fkey FOREIGN KEY (shard) REFERENCES trading.shard(shard),
  constraint book_symbol_fkey FOREIGN KEY (symbol) REFERENCES market.instrument(symbol)
) with (fillfactor=50);
CREATE TRIGGER book_is_placed_in_its_shard BEFORE INSERT ON trading.book FOR EACH ROW EXECUTE FUNCTION trading.place_in_shard() -- enabled: A;
grant select on trading.book to brokerx_admin;
grant select on trading.book to brokerx_feed;
grant select on trading.book to brokerx_matcher;
grant select on trading.book to brokerx_notifier;
grant select on trading.book to brokerx_orders;
grant select on trading.book to brokerx_scheduler;
grant insert (symbol) on trading.book to brokerx_admin;
grant update (last_entry_at, last_price) on trading.book to brokerx_admin;
grant update (epoch, failed_seq) on trading.book to brokerx_matcher;

create table trading.command (
  symbol text not null,
  seq bigint not null,
  command json not null,
  created_at timestamp with time zone not null,
  constraint command_pkey PRIMARY KEY (symbol, seq),
  constraint command_seq_check CHECK ((seq > 0))
);
grant delete, insert, select on trading.command to brokerx_matcher;
grant select (created_at, seq, symbol) on trading.command to brokerx_feed;

create table trading.control (
  scope text not null,
  subject text not null,
  reason text not null,
  set_by uuid not null,
  set_at timestamp with time zone not null default now(),
  constraint control_pkey PRIMARY KEY (scope, subject),
  constraint control_check CHECK (((scope = 'system'::text) = (subject = 'all'::text))),
  constraint control_scope_check CHECK ((scope = ANY (ARRAY['system'::text, 'symbol'::text, 'client'::text])))
);
grant delete, insert, select on trading.control to brokerx_admin;
grant select on trading.control to brokerx_feed;
grant select on trading.control to brokerx_orders;
grant select on trading.control to brokerx_scheduler;

create table trading.expiry_request (
  order_id uuid not null,
  requested_at timestamp with time zone not null default now(),
  constraint expiry_request_pkey PRIMARY KEY (order_id)
);
grant delete, insert, select on trading.expiry_request to brokerx_scheduler;

create table trading.matcher (
  holder text not null,
  expires_at timestamp with time zone not null,
  constraint matcher_pkey PRIMARY KEY (holder),
  constraint matcher_holder_check CHECK ((holder ~ '^[\w-]{1,40}$'::text))
) with (fillfactor=50);
grant select on trading.matcher to brokerx_admin;
grant delete, insert, select, update on trading.matcher to brokerx_matcher;

create table trading.notice (
  order_id uuid not null,
  client_id uuid not null,
  reported_quantity bigint not null default 0,
  due_at timestamp with time zone not null,
  constraint notice_pkey PRIMARY KEY (order_id)
);
CREATE INDEX notice_by_due_time ON trading.notice USING btree (due_at);
grant delete, insert, select, update on trading.notice to brokerx_notifier;

create table trading.notice_outbox (
  outbox_id bigint not null generated always as identity,
  order_ids uuid[] not null storage e,
  client_ids uuid[] not null storage e,
  due_at timestamp with time zone not null,
  constraint notice_outbox_pkey PRIMARY KEY (outbox_id),
  constraint notice_outbox_check CHECK ((cardinality(client_ids) = cardinality(order_ids)))
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);
grant delete, select on trading.notice_outbox to brokerx_notifier;

create table trading.notice_pause (
  client_id uuid not null,
  ends_at timestamp with time zone not null,
  constraint notice_pause_pkey PRIMARY KEY (client_id)
) with (fillfactor=50);
grant delete, insert, select, update on trading.notice_pause to brokerx_notifier;

create table trading."order" (
  order_id uuid not null,
  client_id uuid not null,
  client_order_id text,
  fingerprint bytea not null,
  symbol text not null,
  direction text not null,
  order_type text not null,
  quantity bigint not null,
  price bigint,
  stop_price bigint,
  collar_price bigint,
  time_in_force text not null,
  expires_at timestamp with time zone,
  ends_at timestamp with time zone,
  post_only boolean not null default false,
  self_trade_prevention text not null default 'expire_taker'::text,
  status text not null default 'new'::text,
  closed boolean not null default false,
  triggered boolean not null default false,
  reason text,
  pending_action text,
  pending_amendment uuid,
  extra_held bigint not null default 0,
  filled_quantity bigint not null default 0,
  open_quantity bigint not null,
  cancelled_quantity bigint not null default 0,
  expired_quantity bigint not null default 0,
  prevented_quantity bigint not null default 0,
  filled_notional bigint not null default 0,
  held bigint not null,
  engine_order bigint,
  queue_position bigint,
  lock_version integer not null default 0,
  correlation_id text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint order_pkey PRIMARY KEY (order_id),
  constraint order_is_sound CHECK (trading.is_order("order".*))
) with (fillfactor=45);
CREATE INDEX order_by_client ON trading."order" USING btree (client_id, order_id);
CREATE UNIQUE INDEX order_client_order_id ON trading."order" USING btree (client_id, client_order_id) WHERE (client_order_id IS NOT NULL);
CREATE TRIGGER order_terminal_states_never_change BEFORE UPDATE ON trading."order" FOR EACH ROW WHEN (old.closed) EXECUTE FUNCTION trading.keep_terminal_states() -- enabled: A;
grant select on trading."order" to brokerx_admin;
grant select on trading."order" to brokerx_feed;
grant select on trading."order" to brokerx_matcher;
grant select on trading."order" to brokerx_notifier;
grant select on trading."order" to brokerx_orders;
grant select on trading."order" to brokerx_reports;
grant select on trading."order" to brokerx_scheduler;
grant update (lock_version, pending_action, updated_at) on trading."order" to brokerx_orders;
grant update (lock_version, pending_action, updated_at) on trading."order" to brokerx_scheduler;

create table trading.outbox (
  outbox_id bigint not null generated always as identity,
  symbol text not null,
  command json not null,
  created_at timestamp with time zone not null default now(),
  constraint outbox_pkey PRIMARY KEY (outbox_id)
);
grant delete, select on trading.outbox to brokerx_matcher;
grant select on trading.outbox to brokerx_orders;
grant insert (command, symbol) on trading.outbox to brokerx_admin;
grant select (created_at, outbox_id, symbol) on trading.outbox to brokerx_admin;
grant select (created_at, symbol) on trading.outbox to brokerx_feed;
grant insert (command, symbol) on trading.outbox to brokerx_orders;
grant insert (command, symbol) on trading.outbox to brokerx_scheduler;

create table trading.resting_order (
  symbol text not null,
  order_id uuid not null,
  expires_at timestamp with time zone,
  constraint resting_order_pkey PRIMARY KEY (symbol, order_id)
);
CREATE INDEX resting_order_by_expiry ON trading.resting_order USING btree (expires_at) WHERE (expires_at IS NOT NULL);
grant select on trading.resting_order to brokerx_admin;
grant select on trading.resting_order to brokerx_feed;
grant select on trading.resting_order to brokerx_matcher;
grant select on trading.resting_order to brokerx_orders;
grant select on trading.resting_order to brokerx_scheduler;

create table trading.sequence (
  symbol text not null,
  seq bigint not null,
  constraint sequence_pkey PRIMARY KEY (symbol),
  constraint sequence_seq_check CHECK ((seq > 0))
) with (fillfactor=50);
grant select on trading.sequence to brokerx_admin;
grant insert, select, update on trading.sequence to brokerx_matcher;
grant select on trading.sequence to brokerx_orders;

create table trading.shard (
  shard smallint not null,
  holder text,
  epoch bigint not null default 0,
  expires_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint shard_pkey PRIMARY KEY (shard),
  constraint shard_holder_check CHECK ((holder ~ '^[\w-]{1,40}$'::text)),
  constraint shard_shard_check CHECK ((shard >= 0))
) with (fillfactor=50);
grant select on trading.shard to brokerx_admin;
grant select, update on trading.shard to brokerx_matcher;

create table trading.trade (
  trade_id text not null,
  symbol text not null,
  seq bigint not null,
  price bigint not null,
  quantity bigint not null,
  taker_side text not null,
  maker_order_id uuid not null,
  taker_order_id uuid not null,
  buyer_id uuid not null,
  seller_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint trade_pkey PRIMARY KEY (trade_id),
  constraint trade_check CHECK ((maker_order_id <> taker_order_id)),
  constraint trade_price_check CHECK ((price > 0)),
  constraint trade_quantity_check CHECK ((quantity > 0)),
  constraint trade_taker_side_check CHECK ((taker_side = ANY (ARRAY['buy'::text, 'sell'::text])))
);
CREATE INDEX trade_by_maker ON trading.trade USING btree (maker_order_id, seq, trading.trade_index(trade_id));
CREATE INDEX trade_by_symbol ON trading.trade USING btree (symbol, seq, trading.trade_index(trade_id));
CREATE INDEX trade_by_taker ON trading.trade USING btree (taker_order_id, seq, trading.trade_index(trade_id));
CREATE INDEX trade_by_time ON trading.trade USING btree (symbol, created_at, seq, trading.trade_index(trade_id));
CREATE TRIGGER trade_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON trading.trade FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change() -- enabled: A;
grant select on trading.trade to brokerx_feed;
grant select on trading.trade to brokerx_matcher;
grant select on trading.trade to brokerx_notifier;
grant select on trading.trade to brokerx_orders;
grant select on trading.trade to brokerx_reports;

create table trading.waiting (
  waiting_id bigint not null generated always as identity,
  order_id uuid not null,
  symbol text not null,
  command jsonb not null,
  cancelling boolean not null default false,
  created_at timestamp with time zone not null default now(),
  constraint waiting_pkey PRIMARY KEY (waiting_id),
  constraint waiting_order_id_key UNIQUE (order_id)
);
CREATE INDEX waiting_by_symbol ON trading.waiting USING btree (symbol, waiting_id);
CREATE INDEX waiting_cancelling ON trading.waiting USING btree (waiting_id) WHERE cancelling;
grant select on trading.waiting to brokerx_admin;
grant select on trading.waiting to brokerx_orders;
grant delete, select on trading.waiting to brokerx_scheduler;
grant update (cancelling) on trading.waiting to brokerx_orders;
grant update (cancelling) on trading.waiting to brokerx_scheduler;

-- Views

create view ledger.imbalance as
 WITH folded AS (
         SELECT posting.account_id,
            posting.asset,
            sum(posting.amount) FILTER (WHERE posting.bucket = 'available'::text) AS available,
            sum(posting.amount) FILTER (WHERE posting.bucket = 'held'::text) AS held
           FROM ledger.posting
          WHERE posting.bucket <> 'house'::text
          GROUP BY posting.account_id, posting.asset
        )
 SELECT COALESCE(balance.client_id, folded.account_id) AS client_id,
    COALESCE(balance.asset, folded.asset) AS asset,
    COALESCE(balance.available, 0::bigint)::numeric - COALESCE(folded.available, 0::numeric) AS available_drift,
    COALESCE(balance.held, 0::bigint)::numeric - COALESCE(folded.held, 0::numeric) AS held_drift
   FROM ledger.balance
     FULL JOIN folded ON folded.account_id = balance.client_id AND folded.asset = balance.asset
  WHERE COALESCE(balance.available, 0::bigint)::numeric <> COALESCE(folded.available, 0::numeric) OR COALESCE(balance.held, 0::bigint)::numeric <> COALESCE(folded.held, 0::numeric);
grant select on ledger.imbalance to brokerx_matcher;
grant select on ledger.imbalance to brokerx_orders;

create view ledger.posting as
 SELECT journal.journal_id,
    journal.kind,
    journal.reference,
    journal.debit_account AS account_id,
    journal.debit_bucket AS bucket,
    journal.asset,
    - journal.amount AS amount,
    journal.created_at
   FROM ledger.journal
UNION ALL
 SELECT journal.journal_id,
    journal.kind,
    journal.reference,
    journal.credit_account AS account_id,
    journal.credit_bucket AS bucket,
    journal.asset,
    journal.amount,
    journal.created_at
   FROM ledger.journal;
grant select on ledger.posting to brokerx_admin;
grant select on ledger.posting to brokerx_matcher;
grant select on ledger.posting to brokerx_orders;

create view ledger.recent_imbalance as
 WITH folded AS (
         SELECT part.account_id,
            part.asset,
            sum(part.available)::bigint AS available,
            sum(part.held)::bigint AS held
           FROM ( SELECT checkpoint_balance.account_id,
                    checkpoint_balance.asset,
                    checkpoint_balance.available,
                    checkpoint_balance.held
                   FROM ledger.checkpoint_balance
                UNION ALL
                 SELECT fold.account_id,
                    fold.asset,
                    fold.available,
                    fold.held
                   FROM ledger.checkpoint
                     CROSS JOIN LATERAL ledger.fold(checkpoint.until_journal, '9223372036854775807'::bigint) fold(account_id, asset, available, held)) part
          GROUP BY part.account_id, part.asset
        )
 SELECT COALESCE(balance.client_id, folded.account_id) AS client_id,
    COALESCE(balance.asset, folded.asset) AS asset,
    COALESCE(balance.available, 0::bigint) - COALESCE(folded.available, 0::bigint) AS available_drift,
    COALESCE(balance.held, 0::bigint) - COALESCE(folded.held, 0::bigint) AS held_drift
   FROM ledger.balance
     FULL JOIN folded ON folded.account_id = balance.client_id AND folded.asset = balance.asset
  WHERE COALESCE(balance.available, 0::bigint) <> COALESCE(folded.available, 0::bigint) OR COALESCE(balance.held, 0::bigint) <> COALESCE(folded.held, 0::bigint);
grant select on ledger.recent_imbalance to brokerx_matcher;

create view market.candle_of_tape as
 SELECT trade.symbol,
    span.seconds,
    date_bin(make_interval(secs => span.seconds::double precision), trade.created_at, '1970-01-01 00:00:00+00'::timestamp with time zone) AS opens_at,
    (array_agg(trade.price ORDER BY trade.seq, (trading.trade_index(trade.trade_id))))[1] AS open,
    max(trade.price) AS high,
    min(trade.price) AS low,
    (array_agg(trade.price ORDER BY trade.seq DESC, (trading.trade_index(trade.trade_id)) DESC))[1] AS close,
    sum(trade.quantity)::bigint AS volume,
    count(*) AS trades
   FROM trading.trade
     CROSS JOIN ( VALUES (60), (3600)) span(seconds)
  GROUP BY trade.symbol, span.seconds, (date_bin(make_interval(secs => span.seconds::double precision), trade.created_at, '1970-01-01 00:00:00+00'::timestamp with time zone));

create view trading.activity_event as
 SELECT activity.client_id,
    activity.first_event + event.place - 1 AS event_id,
    activity.first_event,
    activity.last_event,
    activity."position",
    activity.created_at,
    event.type,
    event.transfer,
    event.fill,
    event.order_state,
    event.balance,
    event.withdrawal
   FROM trading.activity
     CROSS JOIN LATERAL ( SELECT row_number() OVER (ORDER BY change.rank, change.n) AS place,
            change.rank,
            change.type,
            change.n,
            change.transfer,
            change.fill,
            change.order_state,
            change.balance,
            change.withdrawal
           FROM ( SELECT 1 AS rank,
                    'transfer'::text AS type,
                    generate_subscripts(activity.transfers, 1) AS n,
                    unnest(activity.transfers) AS transfer,
                    NULL::trading.recorded_fill AS fill,
                    NULL::trading.recorded_order AS order_state,
                    NULL::trading.recorded_balance AS balance,
                    NULL::trading.recorded_withdrawal AS withdrawal
                UNION ALL
                 SELECT 2,
                    'fill'::text,
                    generate_subscripts(activity.fills, 1) AS generate_subscripts,
                    NULL::trading.recorded_transfer,
                    unnest(activity.fills) AS unnest,
                    NULL::trading.recorded_order,
                    NULL::trading.recorded_balance,
                    NULL::trading.recorded_withdrawal
                UNION ALL
                 SELECT 3,
                    'order'::text,
                    generate_subscripts(activity.orders, 1) AS generate_subscripts,
                    NULL::trading.recorded_transfer,
                    NULL::trading.recorded_fill,
                    unnest(activity.orders) AS unnest,
                    NULL::trading.recorded_balance,
                    NULL::trading.recorded_withdrawal
                UNION ALL
                 SELECT 4,
                    'balance'::text,
                    generate_subscripts(activity.balances, 1) AS generate_subscripts,
                    NULL::trading.recorded_transfer,
                    NULL::trading.recorded_fill,
                    NULL::trading.recorded_order,
                    unnest(activity.balances) AS unnest,
                    NULL::trading.recorded_withdrawal
                UNION ALL
                 SELECT 5,
                    'withdrawal'::text,
                    generate_subscripts(activity.withdrawals, 1) AS generate_subscripts,
                    NULL::trading.recorded_transfer,
                    NULL::trading.recorded_fill,
                    NULL::trading.recorded_order,
                    NULL::trading.recorded_balance,
                    unnest(activity.withdrawals) AS unnest) change) event;
grant select on trading.activity_event to brokerx_feed;
grant select on trading.activity_event to brokerx_orders;

create view trading.command_trace as
 SELECT symbol,
    seq,
    command ->> 'traceparent'::text AS traceparent
   FROM trading.command;
grant select on trading.command_trace to brokerx_feed;

create view trading.hold_drift as
 WITH needed AS (
         SELECT "order".client_id,
                CASE "order".direction
                    WHEN 'buy'::text THEN instrument.currency
                    ELSE "order".symbol
                END AS asset,
            sum("order".held + "order".extra_held) AS held,
            count(*) AS orders
           FROM trading.open_order
             JOIN trading."order" USING (order_id)
             JOIN market.instrument USING (symbol)
          GROUP BY "order".client_id, (
                CASE "order".direction
                    WHEN 'buy'::text THEN instrument.currency
                    ELSE "order".symbol
                END)
        )
 SELECT COALESCE(balance.client_id, needed.client_id) AS client_id,
    COALESCE(balance.asset, needed.asset) AS asset,
    COALESCE(balance.held, 0::bigint)::numeric - COALESCE(needed.held, 0::numeric) AS drift,
    COALESCE(balance.open_orders, 0) - COALESCE(needed.orders, 0::bigint) AS count_drift
   FROM ledger.balance
     FULL JOIN needed ON needed.client_id = balance.client_id AND needed.asset = balance.asset
  WHERE COALESCE(balance.held, 0::bigint)::numeric <> COALESCE(needed.held, 0::numeric) OR COALESCE(balance.open_orders, 0) <> COALESCE(needed.orders, 0::bigint);
grant select on trading.hold_drift to brokerx_matcher;
grant select on trading.hold_drift to brokerx_orders;

create view trading.hold_fault as
 SELECT open_order.order_id,
    'holds other than it needs'::text AS fault
   FROM trading.open_order
     JOIN trading."order" USING (order_id)
  WHERE "order".held <>
        CASE "order".direction
            WHEN 'buy'::text THEN "order".collar_price * "order".open_quantity
            ELSE "order".open_quantity
        END
UNION ALL
 SELECT order_id,
    'disagrees with its replace'::text AS fault
   FROM trading.open_order
     JOIN trading."order" USING (order_id)
     FULL JOIN ( SELECT amendment.amendment_id,
            amendment.order_id,
            amendment.client_id,
            amendment.status,
            amendment.reason,
            amendment.old_quantity,
            amendment.old_price,
            amendment.old_stop_price,
            amendment.new_quantity,
            amendment.new_price,
            amendment.new_stop_price,
            amendment.extra_held,
            amendment.correlation_id,
            amendment.created_at,
            amendment.decided_at
           FROM trading.amendment
          WHERE amendment.status = 'requested'::text) asked USING (order_id)
  WHERE
        CASE
            WHEN NOT "order".closed THEN "order".pending_amendment
            ELSE NULL::uuid
        END IS DISTINCT FROM asked.amendment_id OR COALESCE("order".extra_held, 0::bigint) <> COALESCE(asked.extra_held, 0::bigint);
grant select on trading.hold_fault to brokerx_matcher;
grant select on trading.hold_fault to brokerx_orders;

create view trading.open_order as
 SELECT resting_order.order_id
   FROM trading.resting_order
UNION ALL
 SELECT waiting.order_id
   FROM trading.waiting
UNION ALL
 SELECT (outbox.command ->> 'orderId'::text)::uuid AS order_id
   FROM trading.outbox
  WHERE (outbox.command ->> 'type'::text) = 'place'::text
UNION ALL
 SELECT (command.command ->> 'orderId'::text)::uuid AS order_id
   FROM trading.book
     JOIN trading.command ON command.symbol = book.symbol AND command.seq > book.settled_seq
  WHERE (command.command ->> 'type'::text) = 'place'::text;
grant select on trading.open_order to brokerx_matcher;
grant select on trading.open_order to brokerx_orders;

-- Functions

CREATE OR REPLACE FUNCTION identity.keep_former_name()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into identity.former_name (client_id, first_name, last_name, email)
  values (old.client_id, old.first_name, old.last_name, old.email);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.advance_checkpoint(rows_at_most bigint, not_before interval)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  mark ledger.checkpoint;
begin
  select * into mark from ledger.checkpoint for update;
  if mark.marked_at > clock_timestamp() - not_before
    or mark.next_xmax > pg_snapshot_xmin(pg_current_snapshot()) then
    return 0;
  end if;
  insert into ledger.checkpoint_balance as kept (account_id, asset, available, held)
  select * from ledger.fold(mark.until_journal, mark.next_journal)
  on conflict (account_id, asset) do update
  set available = kept.available + excluded.available, held = kept.held + excluded.held;
  update ledger.checkpoint
  set until_journal = mark.next_journal,
    next_journal = least(
      mark.next_journal + rows_at_most,
      coalesce((select max(journal_id) from ledger.journal), 0)),
    next_xmax = pg_snapshot_xmax(pg_current_snapshot()),
    marked_at = clock_timestamp();
  return mark.next_journal - mark.until_journal;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.cancel_withdrawal(of_withdrawal uuid, why text)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT ledger.end_withdrawal(of_withdrawal, 'cancelled'::text, why) AS end_withdrawal;
END;
grant execute on function ledger.cancel_withdrawal(uuid,text) to brokerx_orders;
grant execute on function ledger.cancel_withdrawal(uuid,text) to brokerx_scheduler;

CREATE OR REPLACE FUNCTION ledger.credit_deposit(client uuid, of_key text, print bytea, kept_answer text, new_deposit_id uuid, of_amount bigint, of_currency text, made_at timestamp with time zone, correlation text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  bank constant uuid := (select account_id from ledger.house_account where name = 'bank');
  left_available bigint;
  left_held bigint;
  account_status text;
  day_limit bigint;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended('deposit ' || client::text || ' ' || of_key, 0)) then
    return 'in_flight';
  end if;
  insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
  values (client, 'deposit', of_key, print, 201, kept_answer)
  on conflict do nothing;
  if not found then
    return 'kept';
  end if;
  select status, max_daily_deposits into account_status, day_limit
  from trading.account
  where client_id = client
  for key share;
  if account_status <> 'active' then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'deposit' and key = of_key;
    return 'client_not_active';
  end if;
  if of_amount <= day_limit then
    insert into ledger.deposit_day (client_id, day, total)
    values (client, (made_at at time zone 'UTC')::date, of_amount)
    on conflict (client_id, day) do update
    set total = deposit_day.total + excluded.total
    where deposit_day.total + excluded.total <= day_limit;
  end if;
  if of_amount > day_limit or not found then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'deposit' and key = of_key;
    return 'over_limit';
  end if;
  insert into ledger.deposit (deposit_id, client_id, amount, currency, created_at)
  values (new_deposit_id, client, of_amount, of_currency, made_at);
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (client, 'deposit_credited', new_deposit_id::text, correlation);
  update ledger.balance
  set available = available + of_amount
  from trading.account
  where balance.client_id = client
    and asset = of_currency
    and account.client_id = client
    and currency = of_currency
  returning available, held into strict left_available, left_held;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  values (
    'deposit', new_deposit_id::text, of_currency, of_amount, bank, 'house', client, 'available');
  insert into trading.activity_outbox (transfers, balances)
  values (
    array[row(client, of_currency, of_amount, 'deposit', new_deposit_id, 'in')::trading.recorded_transfer],
    array[row(client, of_currency, left_available, left_held)::trading.recorded_balance]);
  return 'credited';
end
$function$;
grant execute on function ledger.credit_deposit(uuid,text,bytea,text,uuid,bigint,text,timestamp with time zone,text) to brokerx_orders;

CREATE OR REPLACE FUNCTION ledger.end_withdrawal(of_withdrawal uuid, new_status text, why text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  ended ledger.withdrawal;
begin
  update ledger.withdrawal
  set status = new_status, reason = why, updated_at = now()
  where withdrawal_id = of_withdrawal and status = 'pending' and new_status <> 'pending'
  returning * into ended;
  if not found then
    return false;
  end if;
  if new_status = 'completed' then
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'withdrawal', of_withdrawal::text, ended.currency, ended.amount, transit.account_id,
      'house', bank.account_id, 'house'
    from ledger.house_account as transit, ledger.house_account as bank
    where transit.name = 'in_transit' and bank.name = 'bank';
  elsif not ledger.move_in_transit(
    ended.client_id, ended.currency, ended.amount, of_withdrawal, 'in') then
    raise 'withdrawal % has no balance to come back to', of_withdrawal;
  end if;
  insert into trading.activity_outbox (withdrawals) values (array[trading.recorded(ended)]);
  return true;
end
$function$;
grant execute on function ledger.end_withdrawal(uuid,text,text) to brokerx_scheduler;

CREATE OR REPLACE FUNCTION ledger.fold(after_journal bigint, until_journal bigint)
 RETURNS TABLE(account_id uuid, asset text, available bigint, held bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select account_id, asset,
    coalesce(sum(amount) filter (where bucket = 'available'), 0)::bigint,
    coalesce(sum(amount) filter (where bucket = 'held'), 0)::bigint
  from ledger.posting
  where journal_id > after_journal and journal_id <= until_journal and bucket <> 'house'
  group by account_id, asset
$function$;

CREATE OR REPLACE FUNCTION ledger.is_transfer(entry ledger.journal)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  return entry.kind in (
      'deposit', 'withdrawal', 'withdrawal_return', 'adjustment', 'grant', 'hold', 'release', 'trade', 'fee', 'correction')
    and entry.asset ~ '^[A-Z]{1,6}$'
    and entry.amount > 0
    and entry.debit_bucket in ('available', 'held', 'house')
    and entry.credit_bucket in ('available', 'held', 'house')
    and (entry.debit_account, entry.debit_bucket) <> (entry.credit_account, entry.credit_bucket);
end
$function$;

CREATE OR REPLACE FUNCTION ledger.move_in_transit(client uuid, of_asset text, of_amount bigint, of_withdrawal uuid, way text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  transit constant uuid := (select account_id from ledger.house_account where name = 'in_transit');
  kind constant text := case way when 'in' then 'withdrawal_return' else 'withdrawal' end;
  change constant bigint := case way when 'in' then of_amount else -of_amount end;
  left_available bigint;
  left_held bigint;
begin
  update ledger.balance
  set available = available + change
  where client_id = client and asset = of_asset and available + change >= 0
  returning available, held into left_available, left_held;
  if not found then
    return false;
  end if;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  select kind, of_withdrawal::text, of_asset, of_amount,
    case way when 'in' then transit else client end,
    case way when 'in' then 'house' else 'available' end,
    case way when 'in' then client else transit end,
    case way when 'in' then 'available' else 'house' end;
  insert into trading.activity_outbox (transfers, balances)
  values (
    array[row(client, of_asset, of_amount, kind, of_withdrawal::text, way)::trading.recorded_transfer],
    array[row(client, of_asset, left_available, left_held)::trading.recorded_balance]);
  return true;
end
$function$;
-- owner only

CREATE OR REPLACE FUNCTION ledger.purge_idempotency_keys(at_most integer)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with purged as (
    delete from ledger.idempotency_key
    where created_at <= (
      select max(created_at)
      from (
        select created_at
        from ledger.idempotency_key
        where created_at < now() - interval '8 days'
        order by created_at
        limit at_most
      ) as oldest
    )
    returning 1
  )
  select count(*) from purged
$function$;
grant execute on function ledger.purge_idempotency_keys(integer) to brokerx_notifier;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$function$;

CREATE OR REPLACE FUNCTION ledger.request_withdrawal(client uuid, of_key text, print bytea, kept_answer text, new_withdrawal_id uuid, of_amount bigint, of_currency text, made_at timestamp with time zone, correlation text, pending_max integer)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  refusal text;
  begun ledger.withdrawal;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended('withdrawal ' || client::text || ' ' || of_key, 0)) then
    return 'in_flight';
  end if;
  insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
  values (client, 'withdrawal', of_key, print, 201, kept_answer)
  on conflict do nothing;
  if not found then
    return 'kept';
  end if;
  perform from trading.account where client_id = client and status = 'active' for key share;
  if not found then
    refusal := 'client_not_active';
  end if;
  perform from ledger.balance where client_id = client and asset = of_currency for update;
  if refusal is not null then
    null;
  elsif (select count(*) from ledger.withdrawal
      where client_id = client and status = 'pending') >= pending_max then
    refusal := 'too_many_withdrawals';
  elsif not ledger.move_in_transit(client, of_currency, of_amount, new_withdrawal_id, 'out') then
    refusal := 'insufficient_funds';
  end if;
  if refusal is not null then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'withdrawal' and key = of_key;
    return refusal;
  end if;
  insert into ledger.withdrawal (
    withdrawal_id, client_id, amount, currency, correlation_id, created_at, updated_at)
  values (new_withdrawal_id, client, of_amount, of_currency, correlation, made_at, made_at)
  returning * into begun;
  insert into trading.activity_outbox (withdrawals) values (array[trading.recorded(begun)]);
  return 'begun';
end
$function$;
grant execute on function ledger.request_withdrawal(uuid,text,bytea,text,uuid,bigint,text,timestamp with time zone,text,integer) to brokerx_orders;

CREATE OR REPLACE FUNCTION market.add_to_candles(trades trading.trade[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into market.candle as candle (
    symbol, seconds, opens_at, open, high, low, close, volume, trades)
  select
    symbol,
    seconds,
    date_bin(make_interval(secs => seconds), created_at, 'epoch') as opens_at,
    (array_agg(price order by seq, trading.trade_index(trade_id)))[1],
    max(price),
    min(price),
    (array_agg(price order by seq desc, trading.trade_index(trade_id) desc))[1],
    sum(quantity),
    count(*)
  from unnest(trades)
  cross join (values (60), (3600)) as span (seconds)
  group by symbol, seconds, opens_at
  on conflict (symbol, seconds, opens_at) do update set
    high = greatest(candle.high, excluded.high),
    low = least(candle.low, excluded.low),
    close = excluded.close,
    volume = candle.volume + excluded.volume,
    trades = candle.trades + excluded.trades;
end
$function$;

CREATE OR REPLACE FUNCTION market.keep_former_reference_price()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into market.former_reference_price (symbol, price) values (old.symbol, old.reference_price);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION trading.accept_orders(orders trading.new_order[])
 RETURNS trading.verdict[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  verdicts trading.verdict[] := array_fill(null::trading.verdict, array[cardinality(orders)]);
  refusal text;
  accepted integer := 0;
  allowances trading.spent_allowance[];
  asked record;
  client uuid; -- the client whose orders are checked: the rest is about this client
  open_orders bigint;
  taken text[]; -- identities of accepted orders that are repeated
  is_taken boolean;
  assets text[];
  available bigint[]; -- what is still available of each asset
  place integer; -- of the asset that the order reserves
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(symbol, 3)) from unnest(orders);
  perform
  from unnest(orders) as wanted
  join trading.account on account.client_id = wanted.client_id
  join ledger.balance on balance.client_id = wanted.client_id and balance.asset = wanted.hold_asset
  order by balance.client_id, balance.asset
  for no key update of account, balance;

  for asked in select * from trading.candidates(orders) loop
    if client is distinct from asked.client_id then
      client := asked.client_id;
      open_orders := asked.open_orders;
      taken := '{}';
      assets := '{}';
      available := '{}';
      allowances := allowances
        || row(client, asked.full_at, asked.spacing)::trading.spent_allowance;
    end if;
    place := array_position(assets, asked.hold_asset);
    if place is null then
      assets := assets || asked.hold_asset;
      available := available || asked.available;
      place := cardinality(assets);
    end if;
    is_taken := asked.is_repeated and asked.identity = any(taken);
    refusal := case
      when asked.is_known or (asked.is_named and is_taken) then 'client_order_id_known'
      when asked.status is distinct from 'active' then 'client_not_active'
      when asked.stopped_by is not null then 'kill_switch'
      when asked.tick_or_lot_refusal is not null then asked.tick_or_lot_refusal
      when asked.is_duplicate or is_taken then 'duplicate_order'
      when open_orders >= asked.max_open_orders then 'open_order_limit'
      when available[place] < asked.hold_amount then 'not_available'
      when open_orders - asked.open_orders >= asked.orders_left then 'order_rate_limit'
    end;
    if refusal is null then
      accepted := accepted + 1;
      open_orders := open_orders + 1;
      available[place] := available[place] - asked.hold_amount;
      if asked.is_repeated then
        taken := taken || asked.identity;
      end if;
    else
      verdicts[asked.n] := case refusal
        when 'client_not_active' then row(refusal, null, asked.status)
        when 'kill_switch' then row(refusal, null, asked.stopped_by)
        when 'invalid_tick' then row(refusal, asked.tick_size, null)
        when 'invalid_lot' then row(refusal, asked.lot_size, null)
        when 'open_order_limit' then row(refusal, asked.max_open_orders, open_orders)
        when 'not_available' then row(refusal, available[place], null)
        when 'order_rate_limit'
          then row(refusal, asked.max_order_burst, asked.max_orders_per_second)
        else row(refusal, null, null)
      end;
    end if;
  end loop;
  if accepted < cardinality(orders) then
    orders := array(
      select orders[n]
      from generate_subscripts(orders, 1) as n
      where (verdicts[n]).code is null
      order by n);
  end if;
  if accepted > 0 then
    perform trading.write_orders(orders, allowances);
  end if;
  return verdicts;
end
$function$;
grant execute on function trading.accept_orders(trading.new_order[]) to brokerx_orders;

CREATE OR REPLACE FUNCTION trading.candidates(orders trading.new_order[])
 RETURNS TABLE(n bigint, client_id uuid, identity text, hold_asset text, hold_amount bigint, status text, stopped_by text, tick_or_lot_refusal text, tick_size bigint, lot_size bigint, max_open_orders integer, open_orders bigint, available bigint, is_named boolean, is_known boolean, is_duplicate boolean, is_repeated boolean, max_order_burst integer, max_orders_per_second integer, full_at timestamp with time zone, spacing interval, orders_left integer)
 LANGUAGE sql
 STABLE
AS $function$
  select ordinality, asked.client_id, identity, hold_asset, hold_amount, status,
    case when exists (select from trading.control) then
      (select subject from trading.control
        where subject in ('all', symbol, asked.client_id::text)
        order by array_position('{system,symbol,client}', scope) limit 1)
    end,
    case
      when not trading.is_in_ticks(collar_price, listed.tick_size)
        or not trading.is_in_ticks(stop_price, listed.tick_size) then 'invalid_tick'
      when quantity % listed.lot_size <> 0 then 'invalid_lot'
    end,
    listed.tick_size, listed.lot_size, max_open_orders, counted.open_orders, coalesce(available, 0),
    client_order_id is not null,
    known_order_id is not null,
    client_order_id is null and asked.duplicate_window_ms > 0 and trading.has_duplicate(
      asked.client_id, symbol, direction, quantity, price, stop_price, asked.duplicate_window_ms),
    identity is not null and count(*) over (partition by asked.client_id, identity) > 1,
    max_order_burst, max_orders_per_second, allowance.full_at, allowance.spacing,
    allowance.orders_left
  from unnest(orders) with ordinality as asked
  cross join lateral (select case
    when client_order_id is not null then 'id ' || client_order_id
    when asked.duplicate_window_ms > 0
      then concat_ws(' ', 'terms', symbol, direction, quantity, price, '@', stop_price)
  end as identity) as own
  -- The limit makes this a look-up by key, whatever the size of the table when it is planned.
  left join lateral (
    select instrument.tick_size, instrument.lot_size
    from market.instrument
    where instrument.symbol = asked.symbol
    limit 1
  ) as listed on true
  left join trading.account on account.client_id = asked.client_id
  left join ledger.balance on balance.client_id = asked.client_id and balance.asset = hold_asset
  left join lateral (
    select sum(open_orders) as open_orders, max(order_allowance_full_at) as full_at
    from ledger.balance
    where balance.client_id = asked.client_id
  ) as counted on true
  left join lateral trading.order_allowance(
    counted.full_at, max_orders_per_second, max_order_burst) as allowance on true
  left join lateral trading.find_client_order(asked.client_id, client_order_id) as known_order_id
    on true
  order by asked.client_id, ordinality
$function$;

CREATE OR REPLACE FUNCTION trading.change_balances(of_symbol text, changes trading.balance_change[])
 RETURNS trading.recorded_balance[]
 LANGUAGE plpgsql
AS $function$
declare
  recorded trading.recorded_balance[];
begin
  with written as (
    update ledger.balance
    set available = balance.available + change.available,
      held = balance.held + change.held,
      open_orders = open_orders - change.ended_orders,
      cost = coalesce(change.cost, balance.cost),
      realized_pnl = coalesce(change.realized_pnl, balance.realized_pnl)
    from unnest(changes) as change
    where balance.client_id = change.client_id
      and balance.asset = change.asset
      and (change.owned_before is null
        or (balance.available + balance.held, balance.cost, balance.realized_pnl)
          = (change.owned_before, change.cost_before, change.pnl_before))
    returning balance.client_id, balance.asset, balance.available, balance.held
  )
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  into recorded
  from written;
  if coalesce(cardinality(recorded), 0) <> cardinality(changes) then
    raise exception 'a balance that % settles has changed since it was read', of_symbol
      using errcode = 'BX004';
  end if;
  return recorded;
end
$function$;

CREATE OR REPLACE FUNCTION trading.change_orders(changes trading.order_change[], settled_at timestamp with time zone, OUT recorded trading.recorded_order[], OUT overtaken uuid[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  with written as (
    update trading."order"
    set quantity = next.quantity,
      price = case when price is not null then next.collar_price end,
      collar_price = next.collar_price,
      stop_price = next.stop_price,
      status = next.status,
      closed = next.closed,
      triggered = next.triggered,
      reason = next.reason,
      pending_action = case
        when next.closed then null
        when next.amendment_id is null then pending_action
        else nullif(pending_action, 'pending_replace')
      end,
      pending_amendment = nullif(pending_amendment, next.amendment_id),
      extra_held = case when next.closed or next.amendment_id is not null then 0 else extra_held end,
      filled_quantity = next.filled_quantity,
      open_quantity = next.open_quantity,
      cancelled_quantity = next.cancelled_quantity,
      expired_quantity = next.expired_quantity,
      prevented_quantity = next.prevented_quantity,
      filled_notional = next.filled_notional,
      held = next.held,
      engine_order = next.engine_order,
      queue_position = next.queue_position,
      lock_version = lock_version + case
        when "order".status = 'new' and next.status = 'working' and next.amendment_id is null
          and next.reason is null and next.prevented_quantity = 0 then 0
        else 1
      end,
      updated_at = settled_at
    from unnest(changes) as next
    where "order".order_id = next.order_id
    returning trading.recorded("order") as order_state,
      case when "order".closed then pending_amendment end as overtaken_amendment
  )
  select array_agg(order_state),
    array_agg(overtaken_amendment) filter (where overtaken_amendment is not null)
  into recorded, overtaken
  from written;
  if coalesce(cardinality(recorded), 0) <> cardinality(changes) then
    raise exception 'an order that is settled does not exist';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION trading.decide_replaces(changes trading.order_change[], decided timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  noted integer;
begin
  update trading.amendment
  set status = case when refusal is null then 'applied' else 'refused' end,
    reason = refusal,
    decided_at = decided
  from unnest(changes) as next
  where amendment.amendment_id = next.amendment_id;
  get diagnostics noted = row_count;
  if noted <> (select count(amendment_id) from unnest(changes)) then
    raise exception 'a replace that was decided was never requested';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION trading.fills_of(trades trading.trade[])
 RETURNS trading.recorded_fill[]
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  return array(
    select row(client_id, trade_id, side)::trading.recorded_fill
    from unnest(trades)
    cross join lateral (values (buyer_id, 'buy'), (seller_id, 'sell')) as party (client_id, side)
    order by seq, trading.trade_index(trade_id), side);
end
$function$;

CREATE OR REPLACE FUNCTION trading.find_client_order(of_client uuid, wanted_id text)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
AS $function$
  select order_id
  from (
    select order_id, client_id, client_order_id
    from trading."order"
    where (client_id, client_order_id) >= (of_client, wanted_id) and client_order_id is not null
    order by client_id, client_order_id
    limit 1
  ) as nearest
  where client_id = of_client and client_order_id = wanted_id
$function$;

CREATE OR REPLACE FUNCTION trading.has_duplicate(of_client uuid, of_symbol text, of_direction text, of_quantity bigint, of_price bigint, of_stop_price bigint, window_ms integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from trading."order"
    where client_id = of_client
      and order_id > uuidv7(make_interval(secs => -5 - window_ms / 1000.0))
      and created_at > clock_timestamp() - window_ms * interval '1 millisecond'
      and client_order_id is null
      and symbol = of_symbol
      and direction = of_direction
      and quantity = of_quantity
      and price is not distinct from of_price
      and stop_price is not distinct from of_stop_price)
$function$;

CREATE OR REPLACE FUNCTION trading.is_in_ticks(price bigint, tick_size bigint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select price % tick_size = 0 and price / tick_size <= 2147483647
$function$;

CREATE OR REPLACE FUNCTION trading.is_order(placed trading."order")
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  return placed.direction in ('buy', 'sell')
    and placed.order_type in ('limit', 'market', 'stop', 'stop_limit')
    and placed.time_in_force in ('DAY', 'GTC', 'GTD', 'IOC', 'FOK')
    and placed.self_trade_prevention in ('expire_taker', 'expire_maker', 'expire_both', 'decrement')
    and placed.status in (
      'new', 'working', 'partially_filled', 'filled', 'cancelled', 'expired', 'rejected')
    and coalesce(placed.pending_action in ('pending_cancel', 'pending_replace'), true)
    and coalesce(length(placed.client_order_id) between 1 and 48, true)
    and placed.quantity > 0
    and coalesce(least(placed.price, placed.stop_price, placed.collar_price) > 0, true)
    and least(placed.filled_quantity, placed.open_quantity, placed.cancelled_quantity,
      placed.expired_quantity, placed.prevented_quantity) >= 0
    and placed.quantity = placed.filled_quantity + placed.open_quantity + placed.cancelled_quantity
      + placed.expired_quantity + placed.prevented_quantity
    and least(placed.filled_notional, placed.held, placed.extra_held) >= 0
    and placed.closed = (placed.status in ('filled', 'cancelled', 'expired', 'rejected'))
    and (not placed.closed
      or (placed.open_quantity = 0 and placed.held = 0 and placed.extra_held = 0
        and placed.pending_action is null))
    and (placed.extra_held = 0 or placed.pending_amendment is not null)
    and (placed.pending_amendment is null or placed.pending_action is not null or placed.closed)
    and (placed.order_type in ('stop', 'stop_limit')) = (placed.stop_price is not null)
    and (placed.time_in_force = 'GTD') = (placed.expires_at is not null);
end
$function$;

CREATE OR REPLACE FUNCTION trading.keep_decided_amendments()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'amendment % is % and cannot change', old.amendment_id, old.status using errcode = 'check_violation';
end
$function$;

CREATE OR REPLACE FUNCTION trading.keep_terminal_states()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'order % is % and cannot change', old.order_id, old.status using errcode = 'check_violation';
end
$function$;

CREATE OR REPLACE FUNCTION trading.move_resting_orders(of_symbol text, changes trading.order_change[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  removed integer;
begin
  insert into trading.resting_order (symbol, order_id, expires_at)
  select of_symbol, next.order_id, expires_at
  from unnest(changes) as next
  join trading."order" on "order".order_id = next.order_id
  where not next.closed and not next.rested;

  delete from trading.resting_order
  using unnest(changes) as next
  where resting_order.symbol = of_symbol and resting_order.order_id = next.order_id and next.closed;
  get diagnostics removed = row_count;
  if removed <> (select count(*) from unnest(changes) where rested and closed) then
    raise exception 'an order that ended was not in the book of %', of_symbol;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION trading.note_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.changed_at := clock_timestamp();
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION trading.order_allowance(stored_full_at timestamp with time zone, per_second integer, burst integer)
 RETURNS TABLE(full_at timestamp with time zone, spacing interval, orders_left integer)
 LANGUAGE sql
 STABLE
AS $function$
  select bucket.full_at, bucket.spacing,
    -- The hundredth allows for the rounding of times to microseconds.
    burst - ceil(date_part('epoch', bucket.full_at - bucket.moment) * per_second - 0.01)::integer
  from (
    select moment, spacing,
      case
        when stored_full_at > moment + burst * spacing + interval '1 second' then moment
        else greatest(stored_full_at, moment)
      end as full_at
    from (
      select clock_timestamp() as moment, interval '1 second' / per_second as spacing
    ) as pace
  ) as bucket
$function$;

CREATE OR REPLACE FUNCTION trading.place_command(placed trading.new_order)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select json_strip_nulls(json_build_object(
    'type', 'place', 'orderId', placed.order_id, 'clientId', placed.client_id,
    'direction', placed.direction, 'orderType', placed.order_type, 'quantity', placed.quantity,
    'collarPrice', placed.collar_price::text, 'stopPrice', placed.stop_price::text,
    'timeInForce', placed.time_in_force, 'endsAt', placed.ends_at, 'postOnly', placed.post_only,
    'selfTradePrevention', placed.self_trade_prevention,
    'correlationId', placed.correlation_id, 'traceparent', placed.traceparent))
$function$;

CREATE OR REPLACE FUNCTION trading.place_in_shard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.shard := trading.shard_of(new.symbol);
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION trading.recorded(changed ledger.withdrawal)
 RETURNS trading.recorded_withdrawal
 LANGUAGE sql
 IMMUTABLE
RETURN ROW((changed).client_id, (changed).withdrawal_id, (changed).status, (changed).amount, (changed).currency, (changed).reason)::trading.recorded_withdrawal;

CREATE OR REPLACE FUNCTION trading.recorded(changed trading."order")
 RETURNS trading.recorded_order
 LANGUAGE sql
 IMMUTABLE
RETURN ROW((changed).client_id, (changed).order_id, (changed).status, (changed).pending_action, (changed).reason, (changed).quantity, (changed).price, (changed).stop_price, (changed).triggered, (changed).filled_quantity, (changed).open_quantity, (changed).filled_notional, (changed).held, (changed).extra_held, (changed).lock_version, (changed).updated_at)::trading.recorded_order;

CREATE OR REPLACE FUNCTION trading.refuse_replaces(batch trading.settled_batch, overtaken uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  with refused as (
    update trading.amendment
    set status = 'refused', reason = 'order_over', decided_at = batch.settled_at
    where amendment_id = any(overtaken)
    returning order_id, client_id, extra_held
  ), freed as (
    select order_id, refused.client_id, refused.extra_held as amount,
      case direction when 'buy' then batch.currency else batch.symbol end as asset
    from refused
    join trading."order" using (order_id)
    where refused.extra_held > 0
  ), journalled as (
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
      created_at)
    select 'release', order_id::text, asset, amount, client_id, 'held', client_id, 'available',
      batch.settled_at
    from freed
  ), released as (
    update ledger.balance
    set available = available + freed.amount, held = held - freed.amount
    from (
      select client_id, asset, sum(amount)::bigint as amount from freed group by client_id, asset
    ) as freed
    where balance.client_id = freed.client_id and balance.asset = freed.asset
    returning balance.client_id, balance.asset, available, held
  )
  insert into trading.activity_outbox (balances)
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  from released
  having count(*) > 0;
end
$function$;

CREATE OR REPLACE FUNCTION trading.request_replace(request trading.amendment, hold_asset text, version integer, command json)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  changed_order trading.recorded_order;
  changed_balance trading.recorded_balance;
  allowance record;
begin
  perform from trading.account
  where client_id = request.client_id and status = 'active' for no key update;
  if not found then
    raise exception 'the client is not active' using errcode = 'BX003';
  end if;
  perform from ledger.balance
  where client_id = request.client_id and asset = hold_asset for no key update;
  select spent.* into allowance
  from trading.account,
    lateral trading.order_allowance(
      (select max(order_allowance_full_at) from ledger.balance
        where balance.client_id = request.client_id),
      max_orders_per_second, max_order_burst) as spent
  where account.client_id = request.client_id;
  if allowance.orders_left < 1 then
    raise exception 'too many orders at once' using errcode = 'BX002';
  end if;

  update trading."order"
  set pending_action = 'pending_replace', pending_amendment = request.amendment_id,
    extra_held = request.extra_held, lock_version = lock_version + 1, updated_at = now()
  where order_id = request.order_id
    and client_id = request.client_id
    and not closed
    and pending_action is null
    and lock_version = version
    and not exists (select from trading.waiting where waiting.order_id = request.order_id)
  returning (trading.recorded("order")).* into changed_order;
  if not found then
    return false;
  end if;

  -- The order is open and locked, and tick and lot do not change while the symbol has an open order.
  -- So what is read here holds until the command is committed.
  perform
  from trading."order"
  join market.instrument using (symbol)
  where order_id = request.order_id
    and (not trading.is_in_ticks((command ->> 'collarPrice')::bigint, tick_size)
      or not trading.is_in_ticks(request.new_stop_price, tick_size)
      or request.new_quantity % lot_size <> 0);
  if found then
    raise exception 'the new terms are not in whole ticks and lots' using errcode = 'BX004';
  end if;

  update ledger.balance
  set available = available - request.extra_held, held = held + request.extra_held,
    order_allowance_full_at = allowance.full_at + allowance.spacing
  where client_id = request.client_id and asset = hold_asset and available >= request.extra_held
  returning client_id, asset, available, held into changed_balance;
  if not found then
    raise exception 'not enough available to hold' using errcode = 'BX001';
  end if;
  if request.extra_held > 0 then
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    values (
      'hold', request.order_id::text, hold_asset, request.extra_held, request.client_id, 'available',
      request.client_id, 'held');
  end if;

  insert into trading.amendment select request.*;
  insert into trading.outbox (symbol, command)
  select symbol, request_replace.command from trading."order" where order_id = request.order_id;
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (
    request.client_id, 'order_replace_requested', request.order_id::text, request.correlation_id);
  insert into trading.activity_outbox (orders, balances)
  values (
    array[changed_order],
    case when request.extra_held > 0 then array[changed_balance] end);
  return true;
end
$function$;
grant execute on function trading.request_replace(trading.amendment,text,integer,json) to brokerx_orders;

CREATE OR REPLACE FUNCTION trading.settle(batch trading.settled_batch, bids market.level[], asks market.level[], trades trading.trade[], transfers trading.settled_transfer[], balances trading.balance_change[], orders trading.order_change[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  recorded_fills trading.recorded_fill[];
  recorded_balances trading.recorded_balance[];
  recorded_orders trading.recorded_order[];
  overtaken uuid[];
  entered_at timestamptz; -- the date of the journal entries
begin
  update trading.book
  set settled_seq = batch.last_seq,
    last_price = coalesce(batch.last_price, last_price),
    halted = coalesce(batch.halted, halted),
    last_entry_at = greatest(last_entry_at, batch.settled_at)
  where symbol = batch.symbol and epoch = batch.epoch and settled_seq = batch.first_seq - 1
  returning last_entry_at into entered_at;
  if not found then
    return false;
  end if;
  if exists (
      select from unnest(transfers)
      where kind not in ('trade', 'release') or 'house' in (debit_bucket, credit_bucket))
    or exists (select from unnest(balances) group by asset having sum(available + held) <> 0) then
    raise exception 'a settlement of % creates cash or shares', batch.symbol
      using errcode = 'insufficient_privilege';
  end if;

  if cardinality(trades) > 0 then
    insert into trading.trade select * from unnest(trades);
    perform market.add_to_candles(trades);
    recorded_fills := trading.fills_of(trades);
  end if;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
    created_at)
  select transfer.*, entered_at from unnest(transfers) as transfer;
  insert into market.event (symbol, first_seq, last_seq, trades, bids, asks, created_at)
  values (
    batch.symbol, batch.first_seq, batch.last_seq, cardinality(trades), bids, asks, batch.settled_at);

  recorded_balances := trading.change_balances(batch.symbol, balances);
  perform trading.decide_replaces(orders, batch.settled_at);
  perform trading.move_resting_orders(batch.symbol, orders);
  select * into recorded_orders, overtaken from trading.change_orders(orders, batch.settled_at);

  insert into trading.activity_outbox (fills, orders, balances)
  values (recorded_fills, recorded_orders, recorded_balances);
  insert into trading.notice_outbox (order_ids, client_ids, due_at)
  select array_agg(order_id), array_agg(client_id), batch.notices_due
  from unnest(orders)
  where filled_quantity > 0 or closed
  having count(*) > 0;
  if overtaken is not null then
    perform trading.refuse_replaces(batch, overtaken);
  end if;
  return true;
end
$function$;
grant execute on function trading.settle(trading.settled_batch,market.level[],market.level[],trading.trade[],trading.settled_transfer[],trading.balance_change[],trading.order_change[]) to brokerx_matcher;

CREATE OR REPLACE FUNCTION trading.shard_of(symbol text)
 RETURNS smallint
 LANGUAGE sql
 STABLE
AS $function$
  select (get_byte(sha256(convert_to(symbol, 'UTF8')), 0) % count(*))::smallint from trading.shard
$function$;

CREATE OR REPLACE FUNCTION trading.trade_index(trade_id text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (split_part(trade_id, '-'::text, 3))::integer;

CREATE OR REPLACE FUNCTION trading.write_orders(orders trading.new_order[], allowances trading.spent_allowance[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  changed_balances trading.recorded_balance[];
  placed_orders trading.recorded_order[];
begin
  with written as (
    update ledger.balance
    set available = available - amount, held = held + amount, open_orders = open_orders + orders_more,
      order_allowance_full_at = full_at + client_orders * spacing
    from (
      select client_id, hold_asset, sum(hold_amount)::bigint as amount,
        count(*)::integer as orders_more,
        sum(count(*)) over (partition by client_id)::integer as client_orders
      from unnest(orders)
      group by client_id, hold_asset
    ) as needed
    join unnest(allowances) as spent using (client_id)
    where balance.client_id = needed.client_id and balance.asset = needed.hold_asset
    returning balance.client_id, asset, available, held
  )
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  into changed_balances
  from written;

  with written as (
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, ends_at, post_only,
      self_trade_prevention, open_quantity, held, correlation_id)
    select order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, ends_at, post_only,
      self_trade_prevention, quantity, hold_amount, correlation_id
    from unnest(orders)
    returning trading.recorded("order") as order_state
  )
  select array_agg(order_state) into placed_orders from written;

  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  select 'hold', order_id::text, hold_asset, hold_amount, client_id, 'available', client_id, 'held'
  from unnest(orders);

  insert into trading.outbox (symbol, command)
  select symbol, trading.place_command(new_order) from unnest(orders) as new_order where not waits;
  if exists (select from unnest(orders) where waits) then
    insert into trading.waiting (order_id, symbol, command)
    select order_id, symbol, trading.place_command(new_order)::jsonb
    from unnest(orders) as new_order
    where waits;
  end if;

  insert into trading.audit (client_id, action, subject, correlation_id)
  select client_id, 'order_placed', order_id::text, correlation_id from unnest(orders);

  insert into trading.activity_outbox (orders, balances) values (placed_orders, changed_balances);
end
$function$;
