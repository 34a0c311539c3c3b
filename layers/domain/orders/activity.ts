import type { OrderId, Ticker, TradeId } from "../identifiers.ts";
import type { Withdrawal } from "../ledger/withdrawal.ts";
import type { Money, Shares } from "../units.ts";
import type { Direction, Order } from "./order.ts";

/**
 * An event of one client. `eventId` counts each client's events from 1, without gaps. `asset` is a
 * symbol (amounts are shares) or a currency (amounts are money).
 */
export type Activity = {
  readonly eventId: number;
  readonly at: Date;
} & (
  | { readonly type: "order"; readonly order: Order }
  | {
      readonly type: "fill";
      readonly tradeId: TradeId;
      readonly orderId: OrderId;
      readonly symbol: Ticker;
      readonly direction: Direction;
      readonly price: Money;
      readonly quantity: Shares;
      readonly liquidity: "maker" | "taker";
    }
  | ({ readonly type: "balance"; readonly available: bigint; readonly held: bigint } & Asset)
  | ({
      readonly type: "transfer";
      readonly kind: string;
      readonly reference: string;
      readonly way: "in" | "out";
      readonly amount: bigint;
    } & Asset)
  // The transfers of the same transaction say which cash moved: this event moves none.
  | ({ readonly type: "withdrawal" } & Pick<
      Withdrawal,
      "withdrawalId" | "status" | "amount" | "currency" | "reason"
    >)
);

type Asset = { readonly asset: string; readonly isShares: boolean };
