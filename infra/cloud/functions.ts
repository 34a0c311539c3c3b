import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { chooseFunctions, MIGRATION } from "./definitions.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const configuration = z.object({
  custom: z.object({
    services: z.record(z.string(), z.record(z.string(), z.looseObject({ handler: z.string() }))),
  }),
});

/** Every function that is deployed, with the source file of its handler. */
export const functionSources = async (): Promise<
  readonly { readonly name: string; readonly source: string }[]
> => {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  const chosen = chooseFunctions(configuration.parse(parse(text)).custom.services);
  return [
    ...chosen.map(({ name, handler }) => ({
      name,
      source: handler.replace(/^\.build\/(.*)\.\w+$/, "$1.ts"),
    })),
    { name: MIGRATION, source: "infra/cloud/migration/handler.ts" },
  ];
};
