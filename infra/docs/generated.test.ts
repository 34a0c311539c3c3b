import assert from "node:assert/strict";
import { test } from "node:test";
import { configurationPage } from "./configuration.ts";
import { indexOf } from "./decisions.ts";
import { tablesOf } from "./entities.ts";

const SCHEMA = `create table trading."order" (
  order_id uuid not null,
  symbol text not null,
  closed_at timestamp with time zone,
  levels market.level[] not null storage e,
  constraint order_pkey PRIMARY KEY (order_id)
);
create table trading.book (
  symbol text not null,
  shard smallint not null default 0,
  constraint book_pkey PRIMARY KEY (symbol),
  constraint book_shard_fkey FOREIGN KEY (shard) REFERENCES trading.shard(shard)
) with (fillfactor=50);
`;

test("the tables of a schema are read with keys, types and references", () => {
  const [order, book] = tablesOf(SCHEMA);
  assert.deepEqual(order, {
    name: "trading.order",
    columns: [
      { name: "order_id", type: "uuid", optional: false },
      { name: "symbol", type: "text", optional: false },
      { name: "closed_at", type: "timestamp with time zone", optional: true },
      { name: "levels", type: "market.level[]", optional: false },
    ],
    key: ["order_id"],
    references: [{ column: "symbol", table: "market.instrument", enforced: false }],
  });
  assert.deepEqual(book?.references[0], {
    column: "shard",
    table: "trading.shard",
    enforced: true,
  });
});

test("the index says which later decision replaced one", () => {
  const index = indexOf([
    {
      file: "0001-a.md",
      text: "# 1. First\n\n*Superseded by [decision 2](0002-b.md): better.*\n\n**Decision.** A.",
    },
    { file: "0002-b.md", text: "# 2. Second\n\n**Decision.** B, *really*." },
  ]);
  assert.match(index, /\| 1 \| \[First\]\(0001-a\.md\) \| replaced by \[2\]\(0002-b\.md\) \|/);
  assert.match(index, /\| 2 \| \[Second\]\(0002-b\.md\) \| in force \|/);
});

test("the configuration reference names the meaning, range, default and reader of a variable", () => {
  const page = configurationPage();
  assert.match(page, /\| `JWT_TTL_SECONDS` \| [^|]+ 60 to 86400\. \| `3600` \| identity \|/);
  assert.match(page, /\| `DATABASE_URL` \| [^|]+ \| \*\*required\*\* \| every \|/);
});
