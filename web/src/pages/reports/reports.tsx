import { useState } from "preact/hooks";
import {
  daysAgo,
  downloadReport,
  type Kind,
  type Period,
  type Report,
  readReport,
  zone,
  zones,
} from "../../api/reports.ts";
import { texts } from "../../texts.ts";
import { type Action, useAction } from "../../ui/action.ts";
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
  readonly fieldError: (name: string) => string | undefined;
};

const Chooser = ({ kind, period, onKind, onPeriod, fieldError }: ChooserProps) => (
  <>
    <Select label={text.kind} value={kind} options={text.kinds} onChange={onKind} />
    <Field
      label={texts.common.from}
      type="date"
      required
      value={period.from}
      onChange={(from) => onPeriod({ ...period, from })}
      error={fieldError("from")}
    />
    <Field
      label={texts.common.to}
      type="date"
      required
      value={period.to}
      onChange={(to) => onPeriod({ ...period, to })}
      error={fieldError("to")}
    />
    <Field
      label={text.zone}
      required
      value={period.tz}
      onChange={(tz) => onPeriod({ ...period, tz: tz.trim() })}
      error={fieldError("tz")}
      suggestions={zones}
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
  const actions = [show, csv, pdf];
  const start = (action: Action<[]>): void => {
    for (const { clear } of actions) clear();
    action.run();
  };
  const failed = actions.find(({ error }) => error !== undefined);
  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <Panel title={text.choose}>
        <Form label={text.choose} onSubmit={() => start(show)}>
          <div class="row">
            <Chooser
              kind={kind}
              period={period}
              onKind={setKind}
              onPeriod={setPeriod}
              fieldError={(name) => failed?.fieldError(name)}
            />
            <Button type="submit" kind="primary" pending={show.pending}>
              {text.show}
            </Button>
            <Button pending={csv.pending} onClick={() => start(csv)}>
              {text.csv}
            </Button>
            <Button pending={pdf.pending} onClick={() => start(pdf)}>
              {text.pdf}
            </Button>
          </div>
          <Failure>{failed?.error}</Failure>
        </Form>
      </Panel>
      {shown && <ReportOf shown={shown} />}
    </div>
  );
};
