import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { getPortfolioContract } from "./contract.ts";
import { getPortfolio } from "./get-portfolio.ts";

export const handler = endpoint(runtime, getPortfolioContract, async ({ client }) => {
  const portfolio = await getPortfolio(runtime, client);
  if (portfolio === undefined) throw notFound("The client has no account.");
  return { status: 200, body: portfolio };
});
