import { useState } from "preact/hooks";
import {
  daysAgo,
  downloadReport,
  type Kind,
  type Period,
  type Report,
  readReport,
  zone,
} from "../../api/reports.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form, Select } from "../../ui/form.tsx";
import { Failure, Panel } from "../../ui/parts.tsx";
import { ReportOf } from "./report.tsx";

const text = texts.reports;
const DEFAULT_DAYS = 30;

type ChooserProps = {
  readonly kind: Kind;
  readonly period: Period;
  readonly onKind: (kind: Kind) => void;
  readonly onPeriod: (period: Period) => void;
};

const Chooser = ({ kind, period, onKind, onPeriod }: ChooserProps) => (
  <>
    <Select label={text.kind} value={kind} options={text.kinds} onChange={onKind} />
    <Field
      label={texts.common.from}
      type="date"
      required
      value={period.from}
      onChange={(from) => onPeriod({ ...period, from })}
    />
    <Field
      label={texts.common.to}
      type="date"
      required
      value={period.to}
      onChange={(to) => onPeriod({ ...period, to })}
    />
    <Field
      label={text.zone}
      required
      value={period.tz}
      onChange={(tz) => onPeriod({ ...period, tz: tz.trim() })}
    />
  </>
);

/** Reads a report on the page, or saves it as CSV or PDF. */
export const ReportsPage = () => {
  const [kind, setKind] = useState<Kind>("statement");
  const [period, setPeriod] = useState<Period>({
    from: daysAgo(DEFAULT_DAYS),
    to: daysAgo(0),
    tz: zone,
  });
  const [shown, setShown] = useState<Report | undefined>(undefined);
  const show = useAction(async () => setShown(await readReport(kind, period)));
  const csv = useAction(() => downloadReport(kind, period, "csv"));
  const pdf = useAction(() => downloadReport(kind, period, "pdf"));
  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <Panel title={text.choose}>
        <Form label={text.choose} onSubmit={() => show.run()}>
          <div class="row">
            <Chooser kind={kind} period={period} onKind={setKind} onPeriod={setPeriod} />
            <Button type="submit" kind="primary" pending={show.pending}>
              {text.show}
            </Button>
            <Button pending={csv.pending} onClick={() => csv.run()}>
              {text.csv}
            </Button>
            <Button pending={pdf.pending} onClick={() => pdf.run()}>
              {text.pdf}
            </Button>
          </div>
          <Failure>{show.error ?? csv.error ?? pdf.error}</Failure>
        </Form>
      </Panel>
      {shown && <ReportOf shown={shown} />}
    </div>
  );
};
