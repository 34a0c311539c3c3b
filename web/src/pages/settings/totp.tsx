import { useState } from "preact/hooks";
import { confirmTotp, type Enrolment, removeTotp, startTotp } from "../../api/account.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Copy } from "../../ui/copy.tsx";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";

const text = texts.settings;

type CodeFormProps = {
  readonly submit: string;
  readonly kind: "primary" | "danger";
  readonly act: (code: string) => Promise<unknown>;
};

const CodeForm = ({ submit, kind, act }: CodeFormProps) => {
  const [code, setCode] = useState("");
  const send = useAction(() => act(code.trim()));
  return (
    <Form label={submit} onSubmit={() => send.run()}>
      <Field
        label={texts.stepUp.code}
        autoComplete="one-time-code"
        required
        value={code}
        onChange={setCode}
        error={send.fieldError("code")}
      />
      <Failure>{send.error}</Failure>
      <div>
        <Button type="submit" kind={kind} pending={send.pending}>
          {submit}
        </Button>
      </div>
    </Form>
  );
};

type EnrolProps = { readonly onDone: (codes: readonly string[]) => void };

const Enrol = ({ onDone }: EnrolProps) => {
  const [enrolment, setEnrolment] = useState<Enrolment | undefined>(undefined);
  const start = useAction(async () => setEnrolment(await startTotp()));
  if (enrolment === undefined)
    return (
      <>
        <p>{text.totpOff}</p>
        <Failure>{start.error}</Failure>
        <Button kind="primary" pending={start.pending} onClick={() => start.run()}>
          {text.totpStart}
        </Button>
      </>
    );
  return (
    <>
      <p>{text.totpScan}</p>
      <img
        class="qr"
        src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr_code)}`}
        alt={text.totpQr}
      />
      <p>
        {text.totpKey}: <code>{enrolment.secret}</code>{" "}
        <Copy what={text.totpKey} text={enrolment.secret} />
      </p>
      <CodeForm
        submit={text.totpConfirm}
        kind="primary"
        act={async (code) => onDone(await confirmTotp(code))}
      />
    </>
  );
};

const RecoveryCodes = ({ codes }: { readonly codes: readonly string[] }) => (
  <Success>
    <b>{text.recovery}</b> {text.recoveryText} <Copy what={text.recovery} text={codes.join("\n")} />
    <ul class="codes">
      {codes.map((code) => (
        <li key={code}>
          <code>{code}</code>
        </li>
      ))}
    </ul>
  </Success>
);

type Props = { readonly enabled: boolean; readonly onChange: () => void };

/** Turns the authenticator app on and off. */
export const Totp = ({ enabled, onChange }: Props) => {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined);
  return (
    <Panel title={text.totp}>
      {codes !== undefined && <RecoveryCodes codes={codes} />}
      {enabled ? (
        <>
          <p>{text.totpOn}</p>
          <CodeForm
            submit={text.totpRemove}
            kind="danger"
            act={async (code) => {
              await removeTotp(code);
              setCodes(undefined);
              onChange();
            }}
          />
        </>
      ) : (
        <Enrol
          onDone={(shown) => {
            setCodes(shown);
            onChange();
          }}
        />
      )}
    </Panel>
  );
};
