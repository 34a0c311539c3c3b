import { useState } from "preact/hooks";
import { call } from "../../api/brokerx.ts";
import { keepText, keptText } from "../../router.ts";
import { config } from "../../state/config.ts";
import { texts } from "../../texts.ts";
import { type Action, useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";

const text = texts.signup;

type Draft = {
  readonly first_name: string;
  readonly last_name: string;
  readonly date_of_birth: string;
  readonly email: string;
  readonly password: string;
};

const EMPTY: Draft = { first_name: "", last_name: "", date_of_birth: "", email: "", password: "" };

const FIELDS = [
  { name: "first_name", label: text.firstName, autoComplete: "given-name", autoFocus: true },
  { name: "last_name", label: text.lastName, autoComplete: "family-name" },
  { name: "date_of_birth", label: text.dateOfBirth, type: "date", autoComplete: "bday" },
  { name: "email", label: texts.login.email, type: "email", autoComplete: "username" },
  {
    name: "password",
    label: texts.login.password,
    type: "password",
    autoComplete: "new-password",
    hint: text.passwordHint,
    minLength: 12,
    maxLength: 128,
  },
] as const;

type DetailsProps = {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly register: Action<[]>;
};

const Details = ({ draft, onChange, register }: DetailsProps) => (
  <Form label={text.title} onSubmit={() => register.run()}>
    {FIELDS.map((field) => (
      <Field
        key={field.name}
        {...field}
        required
        value={draft[field.name]}
        onChange={(value) => onChange({ ...draft, [field.name]: value })}
        error={register.fieldError(field.name)}
      />
    ))}
    <Failure>{register.error}</Failure>
    <Button type="submit" kind="primary" pending={register.pending}>
      {text.submit}
    </Button>
    <p class="hint">
      {text.known} <a href="/login">{texts.login.title}</a>
    </p>
  </Form>
);

const Done = ({ email }: { readonly email: string }) => {
  const resend = useAction(async () => {
    await call("POST", "/api/v1/clients/resend_verification", { email });
    return true;
  });
  return (
    <div class="form">
      <Success>{text.doneText(email)}</Success>
      {config.laptop && (
        <p class="hint">
          {text.doneOnLaptop}{" "}
          <a href={config.laptop.mail_url} target="_blank" rel="noreferrer">
            {text.openMail}
          </a>
        </p>
      )}
      {resend.result && <Success>{texts.resend.done}</Success>}
      <Failure>{resend.error}</Failure>
      <Button pending={resend.pending} onClick={() => resend.run()}>
        {texts.resend.submit}
      </Button>
      <p class="hint">
        <a href="/login">{texts.login.title}</a>
      </p>
    </div>
  );
};

/** Opens an account; the address is confirmed by a mailed link. */
export const SignUpPage = () => {
  const [draft, setDraft] = useState(EMPTY);
  const [sentTo, setSentTo] = useState(keptText());
  const register = useAction(async () => {
    await call("POST", "/api/v1/clients/register", { client: draft });
    keepText(draft.email);
    setSentTo(draft.email);
  });
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={sentTo === undefined ? text.title : text.done}>
        {sentTo === undefined ? (
          <Details draft={draft} onChange={setDraft} register={register} />
        ) : (
          <Done email={sentTo} />
        )}
      </Panel>
    </div>
  );
};
