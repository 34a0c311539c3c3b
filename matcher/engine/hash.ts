import type { Book } from "./book.ts";
import { snapshot } from "./snapshot.ts";

/**
 * Sixteen hexadecimal digits that are equal for equal books, including queue positions and stops.
 * Only `lastOrder` is left out: a book rebuilt from stored orders may know a later number.
 */
export const hash = (book: Book): string => {
  const { lastPrice, halted, resting, stops } = snapshot(book);
  const mixer = new Mixer();
  mixer.add(lastPrice ?? 0);
  mixer.add(halted ? 1 : 0);
  mixer.add(resting.length);
  mixer.add(stops.length);
  for (const order of resting) addValues(mixer, order);
  for (const stop of stops) addValues(mixer, stop);
  return mixer.digest();
};

const addValues = (mixer: Mixer, order: object): void => {
  for (const value of Object.values(order)) {
    if (typeof value === "number") mixer.add(value);
    else mixer.addText(String(value));
  }
};

/** Two 32-bit states that every value updates in sequence. */
class Mixer {
  #low = 0x9e3779b9;
  #high = 0x85ebca6b;

  add(value: number): void {
    this.#word(value | 0);
    this.#word(Math.floor(value / 2 ** 32));
  }

  addText(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#word(text.charCodeAt(at));
  }

  digest(): string {
    this.#word(0);
    return hex(this.#high) + hex(this.#low);
  }

  #word(word: number): void {
    const low = Math.imul(this.#low ^ word, 0xcc9e2d51);
    this.#low = (low << 15) | (low >>> 17);
    const high = Math.imul(this.#high ^ word ^ this.#low, 0x1b873593);
    this.#high = high ^ (high >>> 13);
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
