import { accountTexts } from "./texts/account.ts";
import { operatorTexts } from "./texts/operator.ts";
import { portfolioTexts } from "./texts/portfolio.ts";
import { problemsTexts } from "./texts/problems.ts";
import { settingsTexts } from "./texts/settings.ts";
import { shellTexts } from "./texts/shell.ts";
import { tradeTexts } from "./texts/trade.ts";

/** Every text of the page. Pages import this object only; `texts/` holds its parts. */
export const texts = {
  ...shellTexts,
  ...accountTexts,
  ...tradeTexts,
  ...portfolioTexts,
  ...settingsTexts,
  ...operatorTexts,
  ...problemsTexts,
} as const;
