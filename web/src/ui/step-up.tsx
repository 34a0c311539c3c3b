import { useEffect, useState } from "preact/hooks";
import { requestStepUpCode, stepUp } from "../api/account.ts";
import { stepUpAsked } from "../state/step-up.ts";
import { texts } from "../texts.ts";
import { useAction } from "./action.ts";
import { Button, Field, Form } from "./form.tsx";
import { Dialog, Failure, Success } from "./parts.tsx";

/** Asks for a code when an action needs a recent login. */
export const StepUp = () => (stepUpAsked.value === undefined ? null : <StepUpDialog />);

const StepUpDialog = () => {
  const asked = stepUpAsked.value;
  const [code, setCode] = useState("");
  const [usesApp, setUsesApp] = useState(false);
  const request = useAction(async () => {
    setUsesApp((await requestStepUpCode()).method === "totp");
  });
  useEffect(() => request.run(), []);
  const confirm = useAction(async () => {
    await stepUp(code.trim());
    asked?.resolve();
  });
  const again = useAction(async () => {
    confirm.clear();
    await requestStepUpCode();
    return true;
  });
  return (
    <Dialog title={texts.stepUp.title} onClose={() => asked?.reject(undefined)}>
      <Form label={texts.stepUp.title} onSubmit={() => confirm.run()} onEdit={again.dropResult}>
        <Field
          label={texts.stepUp.code}
          hint={usesApp ? texts.stepUp.appText : texts.stepUp.text}
          name="code"
          autoComplete="one-time-code"
          required
          autoFocus
          value={code}
          onChange={setCode}
          error={confirm.fieldError("code")}
        />
        <Failure>{confirm.error ?? request.error ?? again.error}</Failure>
        {again.result && <Success>{texts.login.codeSentAgain}</Success>}
        <div class="row">
          <Button type="submit" kind="primary" pending={confirm.pending}>
            {texts.common.confirm}
          </Button>
          {!usesApp && (
            <Button pending={again.pending} onClick={() => again.run()}>
              {texts.login.codeAgain}
            </Button>
          )}
        </div>
      </Form>
    </Dialog>
  );
};
