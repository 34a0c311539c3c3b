import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { alarms } from "../cloud/alarms.ts";
import { alarmFaults, alertFaults } from "./alerts.ts";
import { documentedFaults, openingFaults, wordFaults } from "./documented.ts";
import { generatedPages, ROOT } from "./generated.ts";
import { readKnownNames } from "./known-names.ts";
import { linkFaults, reachFaults } from "./links.ts";
import { mentionFaults } from "./mentions.ts";
import { readPages } from "./pages.ts";
import { spellingFaults } from "./spelling.ts";
import { partFaults, sectionFaults, useCaseFaults } from "./structure.ts";

// The documentation check, `npm run docs:check`: names each fault on a line, and ends with 1 when there is
// one. Diagrams are parsed by docs.test.ts, because the parser is not among the packages.

/** Generated pages whose stored text differs from what the code generates. */
export const staleFaults = async (
  generated: ReadonlyMap<string, string>,
  root: string,
): Promise<readonly string[]> => {
  const faults: string[] = [];
  for (const [path, text] of generated)
    if ((await readFile(join(root, path), "utf8").catch(() => "")) !== text)
      faults.push(`${path} is out of date: npm run docs`);
  return faults;
};

const cloudAlarms = (): readonly string[] =>
  Object.keys(alarms({ stage: "docs", queues: [], alarmMail: "" })).flatMap(
    (name) => /^(\w+)Alarm$/.exec(name)?.[1] ?? [],
  );

/** Every fault of the documentation, on its own line. */
export const docsFaults = async (): Promise<readonly string[]> => {
  const pages = await readPages(ROOT);
  const { known, toDocument } = await readKnownNames(ROOT);
  const rules = await readFile(join(ROOT, "infra", "prometheus", "rules.yml"), "utf8");
  return [
    ...(await staleFaults(await generatedPages(), ROOT)),
    ...linkFaults({ pages, exists: known.exists }),
    ...reachFaults(pages),
    ...mentionFaults(pages, known),
    ...documentedFaults(pages, toDocument),
    ...openingFaults(pages),
    ...wordFaults(pages),
    ...useCaseFaults(pages),
    ...sectionFaults(pages),
    ...partFaults(pages),
    ...alertFaults(rules, pages),
    ...alarmFaults(cloudAlarms(), pages),
    ...spellingFaults(
      ROOT,
      pages.map(({ path }) => path),
    ),
  ];
};

if (import.meta.main) {
  const faults = await docsFaults();
  for (const fault of faults) console.error(fault);
  console.log(`${faults.length} faults in the documentation.`);
  if (faults.length > 0) process.exitCode = 1;
}
