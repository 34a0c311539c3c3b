import { dirname, join } from "node:path/posix";
import { anchorsOf, linksOf, type Page } from "./pages.ts";

/** What the links of a repository can lead to. */
export type Targets = {
  readonly pages: readonly Page[];
  /** Whether the repository has this file or folder. */
  readonly exists: (path: string) => boolean;
};

const isElsewhere = (target: string): boolean => /^[a-z]+:/.test(target);

const divide = (
  from: string,
  target: string,
): { readonly path: string; readonly anchor: string } => {
  const [file = "", anchor = ""] = target.split("#");
  return { path: file === "" ? from : join(dirname(from), file), anchor };
};

/** A link that leads nowhere: to a file that is missing, or to an anchor that no heading has. */
export const linkFaults = ({ pages, exists }: Targets): readonly string[] => {
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page)]));
  return pages.flatMap((page) =>
    linksOf(page)
      .filter((target) => !isElsewhere(target))
      .flatMap((target) => {
        const { path, anchor } = divide(page.path, target);
        if (!exists(path)) return [`${page.path}: the link ${target} leads to no file`];
        const known = anchors.get(path);
        if (anchor === "" || known === undefined || known.has(anchor)) return [];
        return [`${page.path}: the link ${target} leads to no heading`];
      }),
  );
};

const CLICKS_MAX = 2;

/** Pages of docs/ that take more than two clicks from the index. */
export const reachFaults = (
  pages: readonly Page[],
  index = "docs/README.md",
): readonly string[] => {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const pageAt = (path: string): Page | undefined =>
    byPath.get(path) ?? byPath.get(join(path, "README.md"));
  let near = new Set<string>([index]);
  for (let clicks = 0; clicks < CLICKS_MAX; clicks++)
    near = new Set(
      [...near].flatMap((path) => {
        const page = byPath.get(path);
        const targets = page === undefined ? [] : linksOf(page);
        const linked = targets.map((target) => pageAt(divide(path, target).path)?.path);
        return [path, ...linked.filter((found) => found !== undefined)];
      }),
    );
  return pages
    .filter(({ path }) => path.startsWith("docs/") && !near.has(path))
    .map(({ path }) => `${path}: more than ${CLICKS_MAX} clicks away from ${index}`);
};
