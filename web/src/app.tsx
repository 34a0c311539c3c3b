import { effect } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { navigate, path } from "./router.ts";
import { startAccount, stopAccount } from "./state/account.ts";
import { startMarket, stopMarket } from "./state/market.ts";
import { dropProfile, loadProfile } from "./state/profile.ts";
import { signedIn } from "./state/session.ts";
import { texts } from "./texts.ts";
import { Empty, Loading } from "./ui/parts.tsx";
import { Shell } from "./ui/shell.tsx";

type Page = {
  readonly title: string;
  readonly access: "guest" | "client" | "anyone";
  readonly load: () => Promise<ComponentType>;
};

const page = (title: string, access: Page["access"], load: Page["load"]): Page => ({
  title,
  access,
  load,
});

/** Every page by the first part of its path. */
const PAGES: Readonly<Record<string, Page>> = {
  trade: page(
    texts.nav.trade,
    "client",
    async () => (await import("./pages/trade/trade.tsx")).TradePage,
  ),
  portfolio: page(
    texts.nav.portfolio,
    "client",
    async () => (await import("./pages/portfolio.tsx")).PortfolioPage,
  ),
  activity: page(
    texts.nav.activity,
    "client",
    async () => (await import("./pages/activity.tsx")).ActivityPage,
  ),
  transfers: page(
    texts.nav.transfers,
    "client",
    async () => (await import("./pages/transfers.tsx")).TransfersPage,
  ),
  reports: page(
    texts.nav.reports,
    "client",
    async () => (await import("./pages/reports/reports.tsx")).ReportsPage,
  ),
  settings: page(
    texts.nav.settings,
    "client",
    async () => (await import("./pages/settings/settings.tsx")).SettingsPage,
  ),
  operator: page(
    texts.nav.operator,
    "client",
    async () => (await import("./pages/operator/operator.tsx")).OperatorPage,
  ),
  login: page(
    texts.login.title,
    "guest",
    async () => (await import("./pages/account/login.tsx")).LoginPage,
  ),
  signup: page(
    texts.signup.title,
    "guest",
    async () => (await import("./pages/account/sign-up.tsx")).SignUpPage,
  ),
  confirm: page(
    texts.confirm.title,
    "anyone",
    async () => (await import("./pages/account/confirm.tsx")).ConfirmPage,
  ),
  "confirm-email": page(
    texts.confirm.title,
    "anyone",
    async () => (await import("./pages/account/confirm.tsx")).ConfirmEmailPage,
  ),
  resend: page(
    texts.resend.title,
    "anyone",
    async () => (await import("./pages/account/resend.tsx")).ResendPage,
  ),
  forgot: page(
    texts.forgot.title,
    "guest",
    async () => (await import("./pages/account/forgot.tsx")).ForgotPage,
  ),
  reset: page(
    texts.reset.title,
    "anyone",
    async () => (await import("./pages/account/reset.tsx")).ResetPage,
  ),
};

const firstPart = (location: string): string => location.split("/")[1] ?? "";

/** The page to show instead, when the person may not open the requested page. */
const redirectOf = (wanted: Page | undefined, location: string): string | undefined => {
  if (location === "/") return signedIn.value ? "/trade" : "/login";
  if (wanted?.access === "client" && !signedIn.value) return "/login";
  if (wanted?.access === "guest" && signedIn.value) return "/trade";
  return undefined;
};

const NotFound = () => (
  <>
    <h1>{texts.common.notFoundTitle}</h1>
    <Empty>{texts.common.notFound}</Empty>
  </>
);

/** Starts and ends everything that lives as long as a session. */
effect(() => {
  if (!signedIn.value) {
    stopAccount();
    stopMarket();
    dropProfile();
    return;
  }
  void loadProfile().catch(() => undefined);
  startAccount();
  void startMarket().catch(() => undefined);
});

export const App = () => {
  const wanted = PAGES[firstPart(path.value)];
  const redirect = redirectOf(wanted, path.value);
  useEffect(() => {
    if (redirect !== undefined) navigate(redirect, { replace: true });
  }, [redirect]);
  return (
    <Shell>
      {redirect !== undefined ? null : wanted === undefined ? (
        <NotFound />
      ) : (
        <LoadedPage key={wanted.title} page={wanted} />
      )}
    </Shell>
  );
};

const LoadedPage = ({ page: { title, load } }: { readonly page: Page }) => {
  const [Component, setComponent] = useState<ComponentType | undefined>(undefined);
  useEffect(() => {
    document.title = `${title} – BrokerX`;
    void load().then((loaded) => setComponent(() => loaded));
  }, [title, load]);
  return Component === undefined ? <Loading /> : <Component />;
};
