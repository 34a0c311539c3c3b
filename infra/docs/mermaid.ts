import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { blocksOf, type Page } from "./pages.ts";

type Mermaid = { readonly parse: (text: string) => Promise<unknown> };
type Dom = { readonly JSDOM: new (html: string) => { readonly window: { document: unknown } } };

/**
 * The parser of Mermaid from a folder in which `npm install mermaid jsdom` was run. It is not among
 * this project's packages because it is larger than all that BrokerX itself needs.
 */
export const loadMermaid = async (folder: string): Promise<Mermaid> => {
  const require = createRequire(join(folder, "package.json"));
  const { JSDOM } = require("jsdom") as Dom;
  const { window } = new JSDOM("");
  // Mermaid cleans labels with a library that looks for a browser when it is loaded.
  Object.assign(globalThis, { window, document: window.document });
  const entry = join(folder, "node_modules/mermaid/dist/mermaid.core.mjs");
  const { default: mermaid } = (await import(pathToFileURL(entry).href)) as { default: Mermaid };
  return mermaid;
};

/** Diagrams that Mermaid cannot read. */
export const diagramFaults = async (
  pages: readonly Page[],
  mermaid: Mermaid,
): Promise<readonly string[]> => {
  const faults: string[] = [];
  for (const page of pages)
    for (const [index, diagram] of blocksOf(page, "mermaid").entries())
      await mermaid.parse(diagram).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : error;
        faults.push(`${page.path}: diagram ${index + 1} is not valid: ${reason}`);
      });
  return faults;
};
