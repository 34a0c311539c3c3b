import { useState } from "preact/hooks";
import { call } from "../../api/brokerx.ts";
import { queryParameter } from "../../router.ts";
import { forgetSession } from "../../state/session.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";

const text = texts.reset;

/** Opened by the mailed link: sets a new password, which ends every session. */
export const ResetPage = () => {
  const [token] = useState(queryParameter("token"));
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const reset = useAction(async () => {
    await call("POST", "/api/v1/auth/password/reset", { token, password });
    forgetSession();
    setDone(true);
  });
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={text.title}>
        {done ? (
          <Success>
            {text.done} <a href="/login">{texts.confirm.logIn}</a>
          </Success>
        ) : token === undefined ? (
          <Failure>{texts.confirm.missing}</Failure>
        ) : (
          <Form label={text.title} onSubmit={() => reset.run()}>
            <Field
              label={text.password}
              type="password"
              name="password"
              autoComplete="new-password"
              hint={texts.signup.passwordHint}
              required
              minLength={12}
              maxLength={128}
              value={password}
              onChange={setPassword}
              error={reset.fieldError("password")}
            />
            <Failure>{reset.error}</Failure>
            <Button type="submit" kind="primary" pending={reset.pending}>
              {text.submit}
            </Button>
          </Form>
        )}
      </Panel>
    </div>
  );
};
