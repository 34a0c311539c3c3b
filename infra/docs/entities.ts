import { readFile } from "node:fs/promises";
import { SCHEMA_FILE } from "../postgres/print-schema.ts";

type Column = { readonly name: string; readonly type: string; readonly optional: boolean };

/** A reference from a column to the key of another table. */
type Reference = { readonly column: string; readonly table: string; readonly enforced: boolean };

export type Table = {
  /** With its schema: `trading.order`. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly references: readonly Reference[];
};

const CREATE_TABLE = /^create table (?<name>[\w."]+) \((?<body>[\s\S]*?)^\)/gm;
const COLUMN =
  /^(?<name>[a-z_][a-z0-9_]*) (?<type>.+?)(?<notNull> not null)?(?: default .*| generated .*)?$/;
const KEY = /^constraint \w+ PRIMARY KEY \((?<columns>[^)]*)\)/;
const FOREIGN_KEY = /^constraint \w+ FOREIGN KEY \((?<column>\w+)\) REFERENCES (?<table>[\w."]+)\(/;

/** Columns whose name says which row they mean, although no constraint checks it. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^(client_id|buyer_id|seller_id)$/, "identity.client"],
  [/^(buy_|sell_|maker_|taker_)?order_id$/, "trading.order"],
  [/^symbol$/, "market.instrument"],
];

const tableOf = (name: string, body: string): Table => {
  const lines = body.split("\n").map((line) => line.trim().replace(/,$/, ""));
  const columns = lines.flatMap((line) => {
    if (line.startsWith("constraint ")) return [];
    const found = COLUMN.exec(line.replace(/ storage .$/, ""))?.groups;
    if (found === undefined) return [];
    const { name: column = "", type = "", notNull } = found;
    return [{ name: column, type, optional: notNull === undefined }];
  });
  const key = lines.flatMap((line) => KEY.exec(line)?.groups?.["columns"]?.split(", ") ?? []);
  const enforced = lines.flatMap((line) => {
    const { column, table } = FOREIGN_KEY.exec(line)?.groups ?? {};
    if (column === undefined || table === undefined) return [];
    return [{ column, table: unquoted(table), enforced: true }];
  });
  return { name, columns, key, references: [...enforced, ...meant(name, columns, enforced)] };
};

const meant = (
  name: string,
  columns: readonly Column[],
  enforced: readonly Reference[],
): readonly Reference[] =>
  columns.flatMap(({ name: column }) => {
    const table = MEANINGS.find(([pattern]) => pattern.test(column))?.[1];
    const known = enforced.some((reference) => reference.column === column);
    if (table === undefined || table === name || known) return [];
    return [{ column, table, enforced: false }];
  });

const unquoted = (name: string): string => name.replaceAll('"', "");

/** The tables of the printed schema. */
export const tablesOf = (schema: string): readonly Table[] =>
  [...schema.matchAll(CREATE_TABLE)].map(({ groups }) =>
    tableOf(unquoted(groups?.["name"] ?? ""), groups?.["body"] ?? ""),
  );

/** A type as one word, because Mermaid takes no spaces there. */
const typeWord = (type: string): string =>
  type
    .replace("timestamp with time zone", "timestamptz")
    .replace("time without time zone", "time")
    .replace(/\[\]$/, "_array")
    .replaceAll(/[^\w]+/g, "_");

const nodeOf = (table: string): string => table.replace(".", "_");

const attributeOf = (table: Table, column: Column): string => {
  const keys = [
    ...(table.key.includes(column.name) ? ["PK"] : []),
    ...(table.references.some((reference) => reference.column === column.name) ? ["FK"] : []),
  ];
  const remark = column.optional ? ' "optional"' : "";
  return `    ${typeWord(column.type)} ${column.name}${keys.length > 0 ? ` ${keys.join(", ")}` : ""}${remark}`;
};

const diagramOf = (tables: readonly Table[]): string => {
  const drawn = new Set(tables.map(({ name }) => name));
  const entities = tables.flatMap((table) => [
    `  ${nodeOf(table.name)}["${table.name}"] {`,
    ...table.columns.map((column) => attributeOf(table, column)),
    "  }",
  ]);
  const remaining = [
    ...new Set(tables.flatMap(({ references }) => references.map((to) => to.table))),
  ]
    .filter((table) => !drawn.has(table))
    .map((table) => `  ${nodeOf(table)}["${table}"]`);
  const relations = tables.flatMap(({ name, key, references }) =>
    references.map(({ column, table, enforced }) => {
      const many = key.length === 1 && key[0] === column ? "|o" : "o{";
      return `  ${nodeOf(table)} ||${enforced ? "--" : ".."}${many} ${nodeOf(name)} : "${column}"`;
    }),
  );
  return ["```mermaid", "erDiagram", ...entities, ...remaining, ...relations, "```"].join("\n");
};

type Section = { readonly title: string; readonly meaning: string; readonly tables: RegExp };

/** A table is drawn in the first section that fits. */
const SECTIONS: readonly Section[] = [
  {
    title: "identity",
    meaning: "Clients, logins, sessions, API keys, and the mails that wait to be sent.",
    tables: /^identity\./,
  },
  {
    title: "ledger",
    meaning:
      "The journal and the balances that are derived from it, and the deposits and withdrawals.",
    tables: /^ledger\./,
  },
  {
    title: "market",
    meaning: "Calendars, instruments, and what the market feed publishes.",
    tables: /^market\./,
  },
  {
    title: "trading: matching",
    meaning: "Commands on their way, books, and which matcher holds which shard.",
    tables: /^trading\.(outbox|command|sequence|book|shard|matcher|waiting|control)/,
  },
  {
    title: "trading: what clients and auditors are told",
    meaning: "Activities, notices for mails, and the audit with its sealed blocks.",
    tables: /^trading\.(activity|notice|audit)/,
  },
  {
    title: "trading: orders",
    meaning: "Accounts, orders with their replaces, and trades.",
    tables: /^trading\./,
  },
];

const sectionOf = (table: Table): Section | undefined =>
  SECTIONS.find(({ tables }) => tables.test(table.name));

const INTRODUCTION = `# Entities

This page is for contributors and teachers. It lists the tables of the database. \`npm run docs\` writes this page from
[schema.sql](../../infra/postgres/schema.sql), and the documentation check fails when it is out of date.

A solid line is a foreign key. A dotted line is a reference without a foreign key, so the database does not check it. Tables that are written with every order have
only such references, because a foreign key costs a lookup for each row. \`PK\` marks the primary key and \`FK\` a reference. Money is a \`bigint\` in
ten-thousandths of the currency, shares are whole numbers.
`;

/** The page with an entity diagram for each bounded context. */
export const entitiesPage = async (): Promise<string> => {
  const tables = tablesOf(await readFile(SCHEMA_FILE, "utf8"));
  const lost = tables.find((table) => sectionOf(table) === undefined);
  if (lost !== undefined) throw new Error(`infra/docs/entities.ts has no section for ${lost.name}`);
  const sections = SECTIONS.map((section) => {
    const own = tables.filter((table) => sectionOf(table) === section);
    return `## ${section.title}\n\n${section.meaning}\n\n${diagramOf(own)}\n`;
  });
  return [INTRODUCTION, ...sections].join("\n");
};
