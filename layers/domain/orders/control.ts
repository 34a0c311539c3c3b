import type { ClientId, Ticker } from "../identifiers.ts";

/** What a kill switch stops: everything, one instrument, or one client. */
export type ControlScope = "system" | "symbol" | "client";

/** The subject of the switch that stops everything. */
export const WHOLE_SYSTEM = "all";

/** A kill switch that is on: no new order and no replace passes it, cancels do. */
export type KillSwitch = {
  readonly scope: ControlScope;
  /** A ticker, a client, or {@link WHOLE_SYSTEM}. */
  readonly subject: string;
  readonly reason: string;
  readonly setBy: ClientId;
  readonly setAt: Date;
};

const WIDEST_FIRST: readonly ControlScope[] = ["system", "symbol", "client"];

/** The switch that stops a client in a symbol: the widest one, where several do. */
export const stoppedBy = (
  switches: readonly KillSwitch[],
  order: { readonly clientId: ClientId; readonly symbol: Ticker },
): KillSwitch | undefined => {
  const subjects = { system: WHOLE_SYSTEM, symbol: order.symbol, client: order.clientId };
  return WIDEST_FIRST.flatMap((scope) =>
    switches.filter((one) => one.scope === scope && one.subject === subjects[scope]),
  )[0];
};
