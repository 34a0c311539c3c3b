import { useEffect, useState } from "preact/hooks";
import { requestStepUpCode, stepUp } from "../api/account.ts";
import { stepUpAsked } from "../state/step-up.ts";
import { texts } from "../texts.ts";
import { useAction } from "./action.ts";
import { Button, Field, Form } from "./form.tsx";
import { Dialog, Failure } from "./parts.tsx";

/** Asks for a code when an action needs a recent login. */
export const StepUp = () => (stepUpAsked.value === undefined ? null : <StepUpDialog />);

const StepUpDialog = () => {
  const asked = stepUpAsked.value;
  const [code, setCode] = useState("");
  const request = useAction(requestStepUpCode);
  useEffect(() => request.run(), []);
  const confirm = useAction(async () => {
    await stepUp(code.trim());
    asked?.resolve();
  });
  return (
    <Dialog title={texts.stepUp.title} onClose={() => asked?.reject(undefined)}>
      <Form label={texts.stepUp.title} onSubmit={() => confirm.run()}>
        <Field
          label={texts.stepUp.code}
          hint={texts.stepUp.text}
          name="code"
          autoComplete="one-time-code"
          required
          autoFocus
          value={code}
          onChange={setCode}
          error={confirm.fieldError("code")}
        />
        <Failure>{confirm.error ?? request.error}</Failure>
        <Button type="submit" kind="primary" pending={confirm.pending}>
          {texts.common.confirm}
        </Button>
      </Form>
    </Dialog>
  );
};
