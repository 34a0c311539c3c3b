import { join } from "node:path";
import { configurationPage } from "./configuration.ts";
import { decisionsPage } from "./decisions.ts";
import { entitiesPage } from "./entities.ts";
import { metricsPage } from "./metrics.ts";
import { readRoutes, routesPage } from "./routes.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

/** The pages that the code writes, by their path from the root. */
export const generatedPages = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ["docs/configuration.md", configurationPage()],
    ["docs/metrics.md", metricsPage()],
    ["docs/routes.md", routesPage(await readRoutes(ROOT))],
    ["docs/architecture/entities.md", await entitiesPage()],
    ["docs/decisions/README.md", await decisionsPage(ROOT)],
  ]);
