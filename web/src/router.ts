import { signal } from "@preact/signals";

/** The address that is shown. */
export const path = signal(location.pathname);

/** Goes to another page of this site without a reload. */
export const navigate = (to: string, options: { readonly replace?: boolean } = {}): void => {
  const url = new URL(to, location.origin);
  if (options.replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  path.value = url.pathname;
  scrollTo(0, 0);
};

/** A text that belongs to the entry of the history, so that a reload keeps it. */
export const keptText = (): string | undefined =>
  typeof history.state === "string" ? history.state : undefined;

export const keepText = (text: string): void => history.replaceState(text, "");

/** A parameter of the query, such as the token of a mailed link. */
export const queryParameter = (name: string): string | undefined =>
  new URLSearchParams(location.search).get(name) ?? undefined;

const linkOf = (event: MouseEvent): HTMLAnchorElement | null =>
  event.target instanceof Element ? event.target.closest("a[href]") : null;

addEventListener("popstate", () => {
  path.value = location.pathname;
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = linkOf(event);
  if (link === null || link.target !== "" || link.origin !== location.origin) return;
  if (link.hasAttribute("download") || link.pathname.startsWith("/docs")) return;
  event.preventDefault();
  navigate(link.href);
});
