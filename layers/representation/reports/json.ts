import type { Report } from "./document.ts";

/** Writes a report as JSON, a page of rows at a time. */
export async function* writeJson({ head, tables, tail }: Report): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  for (const { name, pages } of tables) {
    yield `,${JSON.stringify(name)}:[`;
    let separator = "";
    for await (const page of pages) {
      if (page.length === 0) continue;
      yield separator + page.map((row) => JSON.stringify(row)).join(",");
      separator = ",";
    }
    yield "]";
  }
  const last = JSON.stringify(tail?.() ?? {}).slice(1, -1);
  yield last === "" ? "}" : `,${last}}`;
}
