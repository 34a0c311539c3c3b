import { bandAround, type Instrument, type PriceBand, priceBand } from "../market/instrument.ts";
import { isOpenAt, type Sessions } from "../market/session.ts";
import { accept, type Outcome, refuse } from "../outcome.ts";
import { formatMoney, type Money } from "../units.ts";
import type { KillSwitch } from "./control.ts";
import type { OrderTerms } from "./order.ts";
import {
  type AccountStatus,
  type Check,
  checkClient,
  checkKillSwitch,
  checkLot,
  checkTick,
  type PreTradeRefusal,
  refusalOf,
} from "./pre-trade-check.ts";
import { checkShape } from "./pre-trade-shape.ts";

/** The facts that the checks use. They are read before; the checks themselves read no clock. */
export type PreTradeFacts = {
  readonly terms: OrderTerms;
  readonly account: { readonly status: AccountStatus } | undefined;
  /** The instrument, with the client's own limits where these are stricter. */
  readonly instrument: Instrument | undefined;
  readonly stoppedBy: KillSwitch | undefined;
  /** The sessions of the instrument's market. */
  readonly sessions: Sessions | undefined;
  readonly now: Date;
  /** Whether these are new terms of an order that is already in the book. */
  readonly replaces?: boolean;
};

/** What the order must reserve, and its collar price. */
export type Intent = {
  /** The reserved asset: the currency for a buy, the symbol for a sell. */
  readonly holdAsset: string;
  /** How much of it: ten-thousandths of the currency, or shares. */
  readonly holdAmount: bigint;
  /** The limit price; for a market order or a stop, the collar. */
  readonly collarPrice: Money;
};

/**
 * The pre-trade checks that need no lock, in the documented order. Facts that can change meanwhile
 * (money, shares, the number of open orders, duplicates) are checked by the statement that writes
 * the order.
 */
export const checkOrder = (facts: PreTradeFacts): Outcome<Intent, PreTradeRefusal> => {
  for (const judge of CHECKS) {
    const check = judge(facts);
    if (check?.ok === false) return refuse(refusalOf(check));
  }
  const { terms, instrument } = facts;
  const intent = instrument === undefined ? undefined : intentOf(terms, instrument);
  return intent === undefined ? refuse(refusalOf(noReferencePrice)) : accept(intent);
};

/** Every check that these facts allow, with its result. */
export const listChecks = (facts: PreTradeFacts): readonly Check[] =>
  CHECKS.flatMap((judge) => judge(facts) ?? []);

/** What the order reserves; undefined for a market order without a reference price. */
export const intentOf = (terms: OrderTerms, instrument: Instrument): Intent | undefined => {
  const collarPrice = collarPriceOf(terms, instrument);
  if (collarPrice === undefined) return undefined;
  const { direction, quantity } = terms;
  return direction === "buy"
    ? {
        holdAsset: instrument.currency,
        holdAmount: collarPrice * BigInt(quantity),
        collarPrice,
      }
    : { holdAsset: instrument.symbol, holdAmount: BigInt(quantity), collarPrice };
};

/**
 * Makes a check; returns undefined when the check is not possible because an earlier check failed.
 */
type Judge = (facts: PreTradeFacts) => Check | undefined;

const clientActive: Judge = ({ account }) => checkClient(account?.status);

const killSwitch: Judge = ({ stoppedBy }) => checkKillSwitch(stoppedBy);

const instrumentKnown: Judge = ({ terms, instrument }) => ({
  check: "instrument_known",
  code: "unknown_symbol",
  limit: "a listed symbol",
  value: terms.symbol,
  ok: instrument !== undefined,
});

const instrumentTradable: Judge = ({ instrument }) =>
  instrument && {
    check: "instrument_tradable",
    code: "instrument_not_tradable",
    limit: "trading",
    value: instrument.status,
    ok: instrument.status === "trading",
  };

const orderShape: Judge = ({ terms, now }) => checkShape(terms, now);

/**
 * An order must end while the holidays of its market are known; otherwise it could end on a wrong
 * day.
 */
const calendarKnown: Judge = ({ terms: { timeInForce, expiresAt }, sessions, now }) => {
  const knownUntil = sessions?.knownUntil;
  if (sessions === undefined || knownUntil === undefined) return undefined;
  const needsSession = timeInForce === "DAY" && !isOpenAt(sessions, now);
  const endsAt = expiresAt ?? (needsSession ? sessions.next?.closesAt : now);
  return {
    check: "calendar",
    code: "calendar_ends",
    get limit() {
      return `before ${knownUntil.toISOString()}`;
    },
    get value() {
      return endsAt === undefined ? "no session in the calendar" : endsAt.toISOString();
    },
    ok: endsAt !== undefined && endsAt <= knownUntil && now < knownUntil,
  };
};

/**
 * Outside a session an order waits for the next session. IOC and FOK orders cannot wait. A
 * replace cannot either, because new terms of an order in the book could trade immediately.
 */
const marketOpen: Judge = ({ terms: { timeInForce }, sessions, now, replaces }) => {
  if (sessions === undefined) return undefined;
  const open = isOpenAt(sessions, now);
  const immediate = timeInForce === "IOC" || timeInForce === "FOK" || replaces === true;
  const opensAt = sessions.next?.opensAt;
  return {
    check: "session",
    code: "market_closed",
    limit: "an open market",
    get value() {
      if (open) return "open";
      return opensAt === undefined ? "closed" : `opens at ${opensAt.toISOString()}`;
    },
    ok: open || (!immediate && opensAt !== undefined),
  };
};

const tickSize: Judge = ({ terms, instrument }) =>
  instrument &&
  checkTick(
    instrument.tickSize,
    [terms.price, terms.stopPrice].filter((price) => price !== undefined),
  );

const lotSize: Judge = ({ terms, instrument }) =>
  instrument && checkLot(instrument.lotSize, terms.quantity);

const quantityLimit: Judge = ({ terms, instrument }) =>
  instrument && {
    check: "quantity",
    code: "quantity_limit",
    get limit() {
      return `${instrument.minQuantity} to ${instrument.maxQuantity}`;
    },
    value: String(terms.quantity),
    ok: terms.quantity >= instrument.minQuantity && terms.quantity <= instrument.maxQuantity,
  };

const notionalLimit: Judge = ({ terms, instrument }) => {
  const collarPrice = instrument && collarPriceOf(terms, instrument);
  if (instrument === undefined || collarPrice === undefined) return undefined;
  const value = collarPrice * BigInt(terms.quantity); // it may not fit in 64 bits
  return {
    check: "notional",
    code: "notional_limit",
    get limit() {
      return formatMoney(instrument.maxNotional);
    },
    get value() {
      return formatMoney(value);
    },
    ok: value <= instrument.maxNotional,
  };
};

/**
 * The first price of an order, the stop price of a stop or else the limit price, must be near the
 * reference price.
 */
const nearReference: Judge = ({ terms, instrument }) => {
  if (instrument === undefined) return undefined;
  const band = priceBand(instrument);
  if (band === undefined) return noReferencePrice;
  return within("price_band", band, terms.stopPrice ?? collarPriceOf(terms, instrument));
};

/** The limit price of a stop must be near its stop price. */
const nearStopPrice: Judge = ({ terms: { price, stopPrice }, instrument }) =>
  instrument && stopPrice && price
    ? within("limit_band", bandAround(instrument, stopPrice), price)
    : undefined;

const noReferencePrice: Check = {
  check: "price_band",
  code: "no_reference_price",
  limit: "a reference price",
  value: "none",
  ok: false,
};

const within = (
  check: string,
  { lowest, highest }: PriceBand,
  price: Money | undefined,
): Check => ({
  check,
  code: "price_band",
  get limit() {
    return `${formatMoney(lowest)} to ${formatMoney(highest)}`;
  },
  get value() {
    return price === undefined ? "none" : formatMoney(price);
  },
  ok: price !== undefined && price >= lowest && price <= highest,
});

/**
 * The sequence of the checks. A new check is added here; it then applies to every order, replace
 * and preview.
 */
const CHECKS: readonly Judge[] = [
  clientActive,
  killSwitch,
  instrumentKnown,
  instrumentTradable,
  orderShape,
  calendarKnown,
  marketOpen,
  tickSize,
  lotSize,
  quantityLimit,
  notionalLimit,
  nearReference,
  nearStopPrice,
];

/**
 * The collar price of an order: its limit price, or the far end of the band around its stop price
 * or, for a market order, around the reference price. Undefined while there is none.
 */
const collarPriceOf = (terms: OrderTerms, instrument: Instrument): Money | undefined => {
  const { price, stopPrice, direction } = terms;
  if (price !== undefined) return price;
  const band = stopPrice === undefined ? priceBand(instrument) : bandAround(instrument, stopPrice);
  return direction === "buy" ? band?.highest : band?.lowest;
};
