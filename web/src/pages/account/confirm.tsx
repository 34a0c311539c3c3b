import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call } from "../../api/brokerx.ts";
import { queryParameter } from "../../router.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";
import { ResendHint } from "./resend-hint.tsx";

const text = texts.confirm;

type Props = {
  readonly route: string;
  readonly confirmed: string;
  /** What to do when the link does not work. */
  readonly otherwise?: ComponentChildren;
};

/** Asks for a click, so that mail scanners, which open links to inspect them, confirm nothing. */
const Confirmation = ({ route, confirmed, otherwise }: Props) => {
  const [token] = useState(queryParameter("token"));
  const [done, setDone] = useState(false);
  const confirm = useAction(async () => {
    await call("POST", route, { token });
    setDone(true);
  });
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={text.title}>
        <div class="form">
          {done ? (
            <Success>
              {confirmed} <a href="/login">{text.logIn}</a>
            </Success>
          ) : token === undefined ? (
            <Failure>{text.missing}</Failure>
          ) : (
            <Button kind="primary" pending={confirm.pending} onClick={() => confirm.run()}>
              {text.submit}
            </Button>
          )}
          <Failure>{confirm.error}</Failure>
          {(token === undefined || confirm.error !== undefined) && otherwise}
        </div>
      </Panel>
    </div>
  );
};

/** Opened by the link in the mail after signing up. */
export const ConfirmPage = () => (
  <Confirmation
    route="/api/v1/clients/verify"
    confirmed={text.confirmed}
    otherwise={<ResendHint />}
  />
);

/** Opened by the link in the mail to a new address. */
export const ConfirmEmailPage = () => (
  <Confirmation route="/api/v1/clients/me/email/confirm" confirmed={text.emailConfirmed} />
);
