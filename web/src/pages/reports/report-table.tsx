import type { ComponentChildren } from "preact";
import { texts } from "../../texts.ts";
import { Empty, Panel, Table, type TableProps } from "../../ui/parts.tsx";

type Props<Row> = {
  readonly title: string;
  readonly columns: TableProps["columns"];
  readonly rows: readonly Row[];
  readonly row: (row: Row, index: number) => ComponentChildren;
  /** What is shown when there are no rows. */
  readonly empty?: string;
  /** A last row, such as a total, below the rows. */
  readonly total?: ComponentChildren;
};

/** A part of a report: a titled table, or a sentence when it has no rows. */
export const ReportTable = <Row,>(props: Props<Row>) => {
  const { title, columns, rows, row, empty = texts.reports.none, total } = props;
  return (
    <Panel title={title}>
      {rows.length === 0 ? (
        <Empty>{empty}</Empty>
      ) : (
        <Table label={title} columns={columns}>
          {rows.map(row)}
          {total}
        </Table>
      )}
    </Panel>
  );
};
