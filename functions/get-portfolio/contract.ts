import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { moneyOut } from "../../layers/representation/fields.ts";

const positionOut = z
  .strictObject({
    symbol: z.string(),
    quantity: z.int(),
    available: z.int(),
    reserved: z.int(),
    average_price: moneyOut.nullable(),
    market_price: moneyOut.nullable(),
    market_value: moneyOut.nullable(),
    unrealized_pnl: moneyOut.nullable(),
    realized_pnl: moneyOut,
  })
  .meta({ id: "Position" });

export const portfolioOut = z
  .strictObject({
    currency: z.string(),
    available_balance: moneyOut,
    reserved_balance: moneyOut,
    total_balance: moneyOut,
    positions: z.array(positionOut),
    equity: moneyOut,
  })
  .meta({ id: "Portfolio" });

export const getPortfolioContract = contract({
  operationId: "getPortfolio",
  summary: "Read the cash and positions of the client.",
  tag: "portfolio",
  method: "GET",
  path: "/api/v1/portfolio",
  access: "client",
  answers: { 200: { description: "The client's portfolio.", schema: portfolioOut } },
  problems: ["not_found"],
});
