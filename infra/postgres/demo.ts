import type { ClientId } from "../../layers/domain/identifiers.ts";
import { type Money, money, type Shares, shares } from "../../layers/domain/units.ts";
import { usualInstrument } from "../../layers/store/seeding/instrument.ts";

/** The password of every demo account: it protects only play money on a laptop. */
export const DEMO_PASSWORD = "correct horse battery";

const dollars = (units: bigint): Money => money(units * 10_000n);

/** The demo market. Load scripts buy AAPL at 101 and sell it at 99, around this reference price. */
export const DEMO_INSTRUMENTS = [
  usualInstrument("AAPL", "Apple Inc.", dollars(100n)),
  usualInstrument("MSFT", "Microsoft Corporation", dollars(400n)),
  usualInstrument("AMZN", "Amazon.com, Inc.", dollars(180n)),
  usualInstrument("TSLA", "Tesla, Inc.", dollars(250n)),
];

/** An account of every fresh system. Its id never changes, so a token for it needs no look-up. */
export type DemoClient = {
  readonly clientId: ClientId;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly cash: Money;
  readonly sharesEach: Shares;
  /** Simulated participants get no mail, have no login, and place many quotes. */
  readonly simulated: boolean;
};

const person = (number: number, firstName: string, lastName: string): DemoClient => ({
  clientId: `00000000-0000-7000-8000-00000000010${number}` as ClientId,
  email: `${firstName.toLowerCase()}@brokerx.local`,
  firstName,
  lastName,
  cash: dollars(1_000_000n),
  sharesEach: shares(10_000),
  simulated: false,
});

const maker = (number: number): DemoClient => ({
  clientId: `00000000-0000-7000-8000-00000000020${number}` as ClientId,
  email: `maker-${number}@brokerx.local`,
  firstName: "Market",
  lastName: `Maker ${number}`,
  cash: dollars(100_000_000n),
  sharesEach: shares(1_000_000),
  simulated: true,
});

/** The demo administrator, who owns nothing and does not trade. */
export const DEMO_ADMIN = {
  clientId: "00000000-0000-7000-8000-000000000301" as ClientId,
  email: "admin@brokerx.local",
  firstName: "Olive",
  lastName: "Operator",
  roles: ["admin"],
} as const;

export const DEMO_CLIENTS: readonly DemoClient[] = [
  person(1, "Demo", "Client"),
  person(2, "Alice", "Archer"),
  person(3, "Bob", "Baker"),
  maker(1),
  maker(2),
];
