import type { ClientId, Ticker } from "../identifiers.ts";

/** The scope of a kill switch: everything, one instrument, or one client. */
export type ControlScope = "system" | "symbol" | "client";

/** The subject of the kill switch that stops everything. */
export const WHOLE_SYSTEM = "all";

/** A kill switch that is on: new orders and replaces are refused, cancels are accepted. */
export type KillSwitch = {
  readonly scope: ControlScope;
  /** A ticker, a client, or {@link WHOLE_SYSTEM}. */
  readonly subject: string;
  readonly reason: string;
  readonly setBy: ClientId;
  readonly setAt: Date;
};

const WIDEST_FIRST: readonly ControlScope[] = ["system", "symbol", "client"];

/** The kill switch that stops a client in a symbol: the widest of them, when there are several. */
export const stoppedBy = (
  switches: readonly KillSwitch[],
  order: { readonly clientId: ClientId; readonly symbol: Ticker },
): KillSwitch | undefined => {
  const subjects = { system: WHOLE_SYSTEM, symbol: order.symbol, client: order.clientId };
  return WIDEST_FIRST.flatMap((scope) =>
    switches.filter((control) => control.scope === scope && control.subject === subjects[scope]),
  )[0];
};
