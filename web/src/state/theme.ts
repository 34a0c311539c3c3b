import { effect, signal } from "@preact/signals";

type Theme = "light" | "dark";

const KEY = "brokerx.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const preferred = (): Theme => {
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") return stored;
  return dark.matches ? "dark" : "light";
};

export const theme = signal<Theme>(preferred());

export const toggleTheme = (): void => {
  theme.value = theme.peek() === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.peek());
};

dark.addEventListener("change", () => {
  theme.value = preferred();
});

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
