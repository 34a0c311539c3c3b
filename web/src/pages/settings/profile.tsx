import { useState } from "preact/hooks";
import { changeEmail, changePassword, type Profile, saveProfile } from "../../api/account.ts";
import { words } from "../../format.ts";
import { loadProfile } from "../../state/profile.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";

const text = texts.settings;

type Props = { readonly profile: Profile };

export const ProfileForm = ({ profile }: Props) => {
  const [first, setFirst] = useState(profile.first_name);
  const [last, setLast] = useState(profile.last_name);
  const save = useAction(async () => {
    await saveProfile({ first_name: first.trim(), last_name: last.trim() });
    await loadProfile();
    return true;
  });
  return (
    <Panel title={text.profile} aside={<span class="badge live">{words(profile.status)}</span>}>
      <Form label={text.profile} onSubmit={() => save.run()} onEdit={save.dropResult}>
        <Field
          label={texts.signup.firstName}
          autoComplete="given-name"
          value={first}
          onChange={setFirst}
          error={save.fieldError("first_name")}
        />
        <Field
          label={texts.signup.lastName}
          autoComplete="family-name"
          value={last}
          onChange={setLast}
          error={save.fieldError("last_name")}
        />
        <Failure>{save.error}</Failure>
        {save.result && <Success>{text.profileSaved}</Success>}
        <div>
          <Button type="submit" kind="primary" pending={save.pending}>
            {texts.common.save}
          </Button>
        </div>
      </Form>
    </Panel>
  );
};

export const EmailForm = ({ profile }: Props) => {
  const [email, setEmail] = useState("");
  const change = useAction(async () => {
    await changeEmail(email.trim());
    return true;
  });
  return (
    <Panel title={text.email}>
      <p>{profile.email}</p>
      <Form label={text.email} onSubmit={() => change.run()} onEdit={change.dropResult}>
        <Field
          label={text.newEmail}
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={setEmail}
          error={change.fieldError("email")}
        />
        <Failure>{change.error}</Failure>
        {change.result && <Success>{text.emailSent}</Success>}
        <div>
          <Button type="submit" kind="primary" pending={change.pending}>
            {text.changeEmail}
          </Button>
        </div>
      </Form>
    </Panel>
  );
};

export const PasswordForm = () => {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useAction(async () => {
    await changePassword(current, next);
    setCurrent("");
    setNext("");
    return true;
  });
  return (
    <Panel title={text.password}>
      <Form label={text.password} onSubmit={() => change.run()} onEdit={change.dropResult}>
        <Field
          label={text.currentPassword}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={setCurrent}
          error={change.fieldError("current_password")}
        />
        <Field
          label={text.newPassword}
          type="password"
          autoComplete="new-password"
          hint={texts.signup.passwordHint}
          required
          minLength={12}
          maxLength={128}
          value={next}
          onChange={setNext}
          error={change.fieldError("password")}
        />
        <Failure>{change.error}</Failure>
        {change.result && <Success>{text.passwordChanged}</Success>}
        <div>
          <Button type="submit" kind="primary" pending={change.pending}>
            {text.changePassword}
          </Button>
        </div>
      </Form>
    </Panel>
  );
};
