import { parse } from "yaml";
import { z } from "zod";
import { anchorsOf, type Page } from "./pages.ts";

const rulesFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          annotations: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  ),
});

/** Alerts whose annotation `runbook_url` does not lead to a section of the runbook. */
export const alertFaults = (rules: string, pages: readonly Page[]): readonly string[] =>
  rulesFile
    .parse(parse(rules))
    .groups.flatMap((group) => group.rules)
    .flatMap(({ alert, annotations }) => {
      if (alert === undefined) return [];
      const target = annotations?.["runbook_url"];
      if (target === undefined) return [`The alert ${alert} has no runbook_url`];
      const [path = "", anchor = ""] = target.split("#");
      const page = pages.find((candidate) => target.startsWith(candidate.path));
      if (page !== undefined && anchorsOf(page).has(anchor)) return [];
      return [`The alert ${alert} links to ${path}#${anchor}, which is no section`];
    });

/** Alarms of each task and each queue share a row of the runbook. */
const KINDS = /(?:Runs|Age)$/;

/** Alarms of the cloud that the runbook does not name. */
export const alarmFaults = (
  alarms: readonly string[],
  pages: readonly Page[],
): readonly string[] => {
  const runbook = pages.find(({ path }) => path === "docs/operating/runbook.md")?.text ?? "";
  return alarms
    .filter((alarm) => !runbook.includes(`\`${alarm}\``) && !KINDS.test(alarm))
    .map((alarm) => `docs/operating/runbook.md: the alarm ${alarm} is not documented`);
};
