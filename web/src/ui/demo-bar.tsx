import { logInAsDemo } from "../api/demo.ts";
import type { Laptop } from "../state/config.ts";
import { profile } from "../state/profile.ts";
import { signedIn } from "../state/session.ts";
import { texts } from "../texts.ts";
import { useAction } from "./action.ts";
import { Button } from "./form.tsx";
import { Failure } from "./parts.tsx";

/** Laptop mode only: offers the demo clients that are not logged in, and links to the other pages of the system. */
export const DemoBar = ({ laptop }: { readonly laptop: Laptop }) => {
  const logIn = useAction((email: string) => logInAsDemo(laptop, email));
  const others = laptop.clients.filter(({ email }) => email !== profile.value?.email);
  return (
    <aside class="demo-bar" aria-label={texts.demo.label}>
      <span>{signedIn.value ? texts.demo.switchTo : texts.demo.logInAs}</span>
      {others.map(({ name, email }) => (
        <Button key={email} pending={logIn.pending} onClick={() => logIn.run(email)}>
          {name}
        </Button>
      ))}
      <span class="demo-links">
        <a href={laptop.mail_url} target="_blank" rel="noreferrer">
          {texts.demo.mail}
        </a>
        <a href={laptop.docs_url} target="_blank" rel="noreferrer">
          {texts.demo.docs}
        </a>
      </span>
      <Failure>{logIn.error}</Failure>
    </aside>
  );
};
