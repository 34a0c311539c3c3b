import { useState } from "preact/hooks";
import { type Challenge, finishLogin, startLogin } from "../../api/sign-in.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel, Success } from "../../ui/parts.tsx";
import { ResendHint } from "./resend-hint.tsx";

const text = texts.login;

type Credentials = { readonly email: string; readonly password: string };
/** The credentials stay in memory until the login is over, so that another code can be asked for. */
type Step = { readonly challenge: Challenge; readonly credentials: Credentials };

type PasswordStepProps = { readonly onChallenge: (step: Step) => void };

const PasswordStep = ({ onChallenge }: PasswordStepProps) => {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useAction(async () => {
    const credentials = { email: email.trim(), password };
    onChallenge({ challenge: await startLogin(credentials.email, password), credentials });
  });
  return (
    <Form label={text.title} onSubmit={() => login.run()}>
      <Field
        label={text.email}
        type="email"
        name="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={setEmail}
        error={login.fieldError("email")}
      />
      <Field
        label={text.password}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
        error={login.fieldError("password")}
      />
      <Failure>{login.error}</Failure>
      <Button type="submit" kind="primary" pending={login.pending}>
        {text.submit}
      </Button>
      <p class="hint">
        {text.noAccount} <a href="/signup">{text.signUp}</a> · <a href="/forgot">{text.forgot}</a>
      </p>
      <ResendHint />
    </Form>
  );
};

type CodeStepProps = PasswordStepProps & { readonly step: Step; readonly onBack: () => void };

const CodeStep = ({ step: { challenge, credentials }, onChallenge, onBack }: CodeStepProps) => {
  const [code, setCode] = useState("");
  const byApp = challenge.method === "totp";
  const verify = useAction(() => finishLogin(challenge.challenge_id, code.trim()));
  const again = useAction(async () => {
    verify.clear();
    const { email, password } = credentials;
    onChallenge({ challenge: await startLogin(email, password), credentials });
    setCode("");
    return true;
  });
  return (
    <Form label={text.title} onSubmit={() => verify.run()} onEdit={again.dropResult}>
      <Field
        label={text.code}
        hint={byApp ? text.appHint : text.codeHint(credentials.email)}
        name="code"
        autoComplete="one-time-code"
        inputMode={byApp ? "text" : "numeric"}
        required
        autoFocus
        value={code}
        onChange={setCode}
        error={verify.fieldError("code")}
      />
      <Failure>{verify.error ?? again.error}</Failure>
      {again.result && <Success>{text.codeSentAgain}</Success>}
      <Button type="submit" kind="primary" pending={verify.pending}>
        {text.verify}
      </Button>
      {!byApp && (
        <Button pending={again.pending} onClick={() => again.run()}>
          {text.codeAgain}
        </Button>
      )}
      <Button onClick={onBack}>{text.back}</Button>
    </Form>
  );
};

/** Login in two steps: the password, then a code. */
export const LoginPage = () => {
  const [step, setStep] = useState<Step | undefined>(undefined);
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={text.title}>
        {step === undefined ? (
          <PasswordStep onChallenge={setStep} />
        ) : (
          <CodeStep step={step} onChallenge={setStep} onBack={() => setStep(undefined)} />
        )}
      </Panel>
    </div>
  );
};
