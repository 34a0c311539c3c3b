import { useState } from "preact/hooks";
import { type Challenge, finishLogin, startLogin } from "../../api/sign-in.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure, Panel } from "../../ui/parts.tsx";

const text = texts.login;

type PasswordStepProps = { readonly onChallenge: (challenge: Challenge) => void };

const PasswordStep = ({ onChallenge }: PasswordStepProps) => {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useAction(async () => onChallenge(await startLogin(email.trim(), password)));
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
    </Form>
  );
};

type CodeStepProps = { readonly challenge: Challenge; readonly onBack: () => void };

const CodeStep = ({ challenge, onBack }: CodeStepProps) => {
  const [code, setCode] = useState("");
  const verify = useAction(() => finishLogin(challenge.challenge_id, code.trim()));
  return (
    <Form label={text.title} onSubmit={() => verify.run()}>
      <Field
        label={text.code}
        hint={challenge.method === "totp" ? text.appHint : text.codeHint}
        name="code"
        autoComplete="one-time-code"
        inputMode={challenge.method === "totp" ? "text" : "numeric"}
        required
        autoFocus
        value={code}
        onChange={setCode}
        error={verify.fieldError("code")}
      />
      <Failure>{verify.error}</Failure>
      <Button type="submit" kind="primary" pending={verify.pending}>
        {text.verify}
      </Button>
      <Button onClick={onBack}>{text.back}</Button>
    </Form>
  );
};

/** Login in two steps: the password, then a code. */
export const LoginPage = () => {
  const [challenge, setChallenge] = useState<Challenge | undefined>(undefined);
  return (
    <div class="narrow">
      <h1 class="unseen">{text.title}</h1>
      <Panel title={text.title}>
        {challenge === undefined ? (
          <PasswordStep onChallenge={setChallenge} />
        ) : (
          <CodeStep challenge={challenge} onBack={() => setChallenge(undefined)} />
        )}
      </Panel>
    </div>
  );
};
