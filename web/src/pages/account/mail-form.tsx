import { useState } from "preact/hooks";
import { call } from "../../api/brokerx.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";

type Props = {
  readonly text: { readonly title: string; readonly submit: string; readonly done: string };
  readonly route: string;
};

/** Asks for a mailed link; the answer is the same whether or not there is such a client. */
export const MailForm = ({ text, route }: Props) => {
  const [email, setEmail] = useState("");
  const [done, setDone] = useState(false);
  const send = useAction(async () => {
    await call("POST", route, { email: email.trim() });
    setDone(true);
  });
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={text.title}>
        {done ? (
          <Success>{text.done}</Success>
        ) : (
          <Form label={text.title} onSubmit={() => send.run()}>
            <Field
              label={texts.login.email}
              type="email"
              name="email"
              autoComplete="username"
              required
              value={email}
              onChange={setEmail}
              error={send.fieldError("email")}
            />
            <Failure>{send.error}</Failure>
            <Button type="submit" kind="primary" pending={send.pending}>
              {text.submit}
            </Button>
          </Form>
        )}
        <p class="hint after">
          <a href="/login">{texts.login.return}</a>
        </p>
      </Panel>
    </div>
  );
};
