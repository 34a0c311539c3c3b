import {
  type Applied,
  applyDepth,
  applyView,
  type Book,
  type BookMessage,
  bookFrom,
  type DepthMessage,
} from "./book.ts";

/** `live`: equal to the server's book. `resyncing`: a change was missing or did not fit; it is being read again. */
export type BookState = "waiting" | "live" | "resyncing";

type Read = () => Promise<Omit<BookMessage, "type">>;
type OnChange = (state: BookState, book: Book | undefined) => void;

const BUFFERED_MAX = 10_000;
const AGAIN_MS = 1_000;

/**
 * Keeps the book of a symbol equal to the server's. After a gap or a wrong checksum it reads the whole book with
 * `read`, and continues with the changes that arrived in the meantime.
 */
export class KeptBook {
  readonly #read: Read;
  readonly #onChange: OnChange;
  #state: BookState = "waiting";
  #book: Book | undefined;
  #buffered: DepthMessage[] = [];
  #round = 0;

  constructor(read: Read, onChange: OnChange) {
    this.#read = read;
    this.#onChange = onChange;
  }

  get state(): BookState {
    return this.#state;
  }

  get book(): Book | undefined {
    return this.#book;
  }

  /** Call this when the connection broke: the next `orderbook` begins the book anew. */
  restart(): void {
    this.#round += 1;
    this.#show("waiting", this.#book);
  }

  receive(message: BookMessage | DepthMessage): void {
    const book = this.#book;
    if (this.#state === "resyncing") this.#keep(message);
    else if (this.#state === "waiting" || book === undefined) {
      if (message.type === "orderbook") this.#take(bookFrom(message), message);
    } else if (message.type === "depth") this.#take(applyDepth(book, message), message);
    else this.#take(applyView(book, message), message);
  }

  #take(applied: Applied, message: BookMessage | DepthMessage): void {
    if ("book" in applied) this.#show("live", applied.book);
    else {
      this.#buffered = [];
      this.#keep(message);
      void this.#resync();
    }
  }

  /** Views are not kept: the book that is being read is newer. */
  #keep(message: BookMessage | DepthMessage): void {
    if (message.type === "depth") this.#buffered.push(message);
    if (this.#buffered.length > BUFFERED_MAX) this.#buffered = [];
  }

  async #resync(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    this.#show("resyncing", this.#book);
    for (;;) {
      const book = await this.#readAndReplay();
      if (round !== this.#round) return;
      if (book !== undefined) return this.#show("live", book);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      if (round !== this.#round) return;
    }
  }

  async #readAndReplay(): Promise<Book | undefined> {
    try {
      let applied = bookFrom(await this.#read());
      for (const depth of this.#buffered)
        if ("book" in applied) applied = applyDepth(applied.book, depth);
      return "book" in applied ? applied.book : undefined;
    } catch {
      return undefined;
    }
  }

  #show(state: BookState, book: Book | undefined): void {
    this.#state = state;
    this.#book = book;
    this.#onChange(state, book);
  }
}
