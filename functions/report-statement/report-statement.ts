import type { Balances, StatementLine } from "../../layers/domain/reports/statement.ts";
import { runStatement } from "../../layers/domain/reports/statement.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import type { ReportRequest } from "../../layers/http/reports/report-answer.ts";
import type { Column, Report, Row, Table } from "../../layers/representation/reports/document.ts";
import { headingOf, mapPages } from "../../layers/representation/reports/heading.ts";
import type { Transaction } from "../../layers/store/pg/database.ts";
import {
  balancesBefore,
  hasPassed,
  readEntries,
  storedBalances,
} from "../../layers/store/reports/journal.ts";
import {
  findSubject,
  listOpenOrders,
  type OpenOrderThen,
} from "../../layers/store/reports/subject.ts";

/**
 * Makes an account statement from the journal: opening balances, every activity with the balance
 * after it, closing balances, and the orders open at the end. Undefined for a client without an
 * account. Throws when opening balances and activities do not add up to the closing balances, which
 * are read independently: the stored balances for a period that is not over, else a sum computed by
 * the database.
 */
export const reportStatement = async (
  tx: Transaction,
  request: ReportRequest,
): Promise<Report | undefined> => {
  const { clientId, period, isFinal } = request;
  const client = await findSubject(tx, clientId, period.to);
  if (client === undefined) return undefined;
  const opening = await balancesBefore(tx, clientId, period.from);
  const summed = await balancesBefore(tx, clientId, period.to);
  const isOver = isFinal || (await hasPassed(tx, period.to));
  const closing = isOver ? summed : await storedBalances(tx, clientId);
  const orders = await listOpenOrders(tx, clientId, period.to);
  const statement = runStatement(opening);
  const amountOf = (asset: string, amount: bigint): string =>
    asset === client.currency ? formatMoney(amount) : String(amount);
  const show = (line: StatementLine): Row => ({
    time: line.at.toISOString(),
    kind: line.kind,
    reference: line.reference,
    asset: line.asset,
    amount: amountOf(line.asset, line.amount),
    balance: amountOf(line.asset, line.balance),
  });
  const balances = (of: Balances) =>
    [...of].map(([asset, balance]) => ({ asset, balance: amountOf(asset, balance) }));
  const heading = headingOf("statement", "Account statement", { ...request, client });
  return {
    ...heading,
    head: { ...heading.head, opening: balances(opening) },
    tables: [
      {
        ...ACTIVITIES,
        before: boundary("opening", period.from, balances(opening)),
        pages: mapPages(readEntries(tx, clientId, period), (entry) => show(statement.line(entry))),
        after: () => {
          statement.close(closing);
          return boundary("closing", period.to, balances(closing));
        },
      },
      {
        ...OPEN_ORDERS,
        pages: [orders.map((order) => showOrder(order, client.currency))],
      },
    ],
    tail: () => {
      statement.close(closing);
      return { closing: balances(closing) };
    },
  };
};

const column = (key: string, title: string, width: number, kind: Column["kind"] = "text") => ({
  ...{ key, title, width, kind },
});

const ACTIVITIES: Omit<Table, "pages"> = {
  name: "activities",
  title: "Activities",
  columns: [
    column("time", "Time (UTC)", 22),
    column("kind", "Kind", 10),
    column("reference", "Reference", 34),
    column("asset", "Asset", 8),
    column("amount", "Amount", 15, "number"),
    column("balance", "Balance", 17, "number"),
  ],
};

const OPEN_ORDERS: Omit<Table, "pages"> = {
  name: "open_orders",
  title: "Open orders at the end",
  columns: [
    column("created_at", "Accepted (UTC)", 22),
    column("order_id", "Order", 30),
    column("client_order_id", "Client's id", 25),
    column("direction", "Side", 6),
    column("symbol", "Symbol", 8),
    column("open_quantity", "Open", 8, "number"),
    column("reserved_amount", "Held", 14, "number"),
  ],
};

const boundary = (
  kind: "opening" | "closing",
  at: Date,
  balances: readonly { readonly asset: string; readonly balance: string }[],
): readonly Row[] =>
  balances.map(({ asset, balance }) => ({
    ...{ time: at.toISOString(), kind, reference: "", asset, amount: null, balance },
  }));

const showOrder = (order: OpenOrderThen, currency: string): Row => ({
  created_at: order.createdAt.toISOString(),
  order_id: order.orderId,
  client_order_id: order.clientOrderId ?? null,
  direction: order.direction,
  symbol: order.symbol,
  open_quantity: Number(order.openQuantity),
  reserved_asset: order.direction === "buy" ? currency : order.symbol,
  reserved_amount: order.direction === "buy" ? formatMoney(order.held) : String(order.held),
});
