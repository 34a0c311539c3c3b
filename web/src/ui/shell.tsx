import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { path } from "../router.ts";
import { announcements, dismiss } from "../state/announcements.ts";
import { config } from "../state/config.ts";
import { connection } from "../state/market.ts";
import { profile } from "../state/profile.ts";
import { isOperator, signedIn, signOut } from "../state/session.ts";
import { theme, toggleTheme } from "../state/theme.ts";
import { texts } from "../texts.ts";
import { DemoBar } from "./demo-bar.tsx";
import { Button } from "./form.tsx";
import { StepUp } from "./step-up.tsx";

const LINKS = [
  ["/trade", texts.nav.trade],
  ["/portfolio", texts.nav.portfolio],
  ["/activity", texts.nav.activity],
  ["/transfers", texts.nav.transfers],
  ["/reports", texts.nav.reports],
  ["/settings", texts.nav.settings],
] as const;

const NavLink = ({ to, children }: { readonly to: string; readonly children: string }) => (
  <a href={to} aria-current={path.value.startsWith(to) ? "page" : undefined}>
    {children}
  </a>
);

/** Scrolls sideways only: `scrollIntoView` would move the page as well. */
const centre = (scrolled: Element, child: Element): void => {
  const outer = scrolled.getBoundingClientRect();
  const inner = child.getBoundingClientRect();
  scrolled.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
};

/** On a narrow screen the links scroll sideways; the current page's link is kept in view. */
const Navigation = () => {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const shown = nav.current;
    if (shown === null) return;
    const observer = new ResizeObserver(() => {
      const current = shown.querySelector("[aria-current]");
      if (current !== null) centre(shown, current);
    });
    observer.observe(shown);
    return () => observer.disconnect();
  }, [path.value]);
  return (
    <nav aria-label={texts.nav.label} ref={nav}>
      {LINKS.map(([to, text]) => (
        <NavLink key={to} to={to}>
          {text}
        </NavLink>
      ))}
      {isOperator.value && <NavLink to="/operator">{texts.nav.operator}</NavLink>}
    </nav>
  );
};

const Person = () => {
  const person = profile.value;
  if (person === undefined) return null;
  const name = `${person.first_name} ${person.last_name}`.trim() || person.email;
  return (
    <a class="person" href="/settings" title={person.email}>
      <span class="unseen">{texts.nav.loggedInAs} </span>
      {name}
    </a>
  );
};

const Brand = () => (
  <a href="/" class="brand">
    <img src="/icon.svg" alt="" width="24" height="24" />
    BrokerX
  </a>
);

const ThemeButton = () => (
  <Button label={texts.nav.theme(theme.value)} onClick={toggleTheme}>
    {theme.value === "dark" ? "☀" : "☾"}
  </Button>
);

const Header = () => (
  <header class="top">
    <Brand />
    {signedIn.value && <Navigation />}
    <div class="top-actions">
      {signedIn.value && connection.value !== "open" && (
        <span class="badge stale" role="status">
          {texts.nav.connection[connection.value]}
        </span>
      )}
      <Person />
      <ThemeButton />
      {signedIn.value && <Button onClick={() => void signOut()}>{texts.nav.signOut}</Button>}
    </div>
  </header>
);

const Announcements = () => (
  <div class="announcements" role="status" aria-live="polite">
    {announcements.value.map(({ id, kind, text }) => (
      <div key={id} class={`announcement ${kind}`}>
        {text}
        <button type="button" aria-label={texts.common.close} onClick={() => dismiss(id)}>
          ✕
        </button>
      </div>
    ))}
  </div>
);

/** The header, the navigation and the footer around every page. */
export const Shell = ({ children }: { readonly children: ComponentChildren }) => {
  const main = useRef<HTMLElement>(null);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {texts.nav.skip}
      </button>
      {config.laptop && <DemoBar laptop={config.laptop} />}
      <Header />
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer class="bottom">
        <span>{texts.footer.about}</span>
        <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
          {texts.footer.charts}
        </a>
      </footer>
      <StepUp />
      <Announcements />
    </>
  );
};
