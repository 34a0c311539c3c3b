import { signal } from "@preact/signals";
import type { Order, OwnEvent } from "../../../sdk/index.ts";
import { money, shares } from "../format.ts";
import { texts } from "../texts.ts";

export type Announcement = {
  readonly id: number;
  readonly kind: "good" | "bad" | "plain";
  readonly text: string;
};

const SHOWN_MS = 6_000;
const SHOWN_MAX = 4;

export const announcements = signal<readonly Announcement[]>([]);
let lastId = 0;

/** Shows a sentence for some seconds; screen readers hear it. */
export const announce = (text: string, kind: Announcement["kind"] = "plain"): void => {
  lastId += 1;
  const id = lastId;
  announcements.value = [...announcements.peek(), { id, kind, text }].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(id), SHOWN_MS);
};

export const dismiss = (id: number): void => {
  announcements.value = announcements.peek().filter((shown) => shown.id !== id);
};

type Fill = Extract<OwnEvent, { type: "fill" }>;

export const announceFill = (fill: Fill): void =>
  announce(
    texts.announcements.fill(fill.direction, shares(fill.quantity), fill.symbol, money(fill.price)),
    "good",
  );

/** Announces the end of an order; its fills are announced separately. */
export const announceOrder = (order: Order): void => {
  const ended = texts.announcements.ended[order.status];
  if (ended === undefined) return;
  const name = texts.announcements.order(order.direction, shares(order.quantity), order.symbol);
  announce(`${name} ${ended}`, order.status === "rejected" ? "bad" : "plain");
};
