import { useEffect, useRef, useState } from "preact/hooks";
import { type Action, useAction } from "./action.ts";

type PageOf<T> = { readonly items: readonly T[]; readonly next: string | null };

export type Pages<T> = {
  readonly items: readonly T[] | undefined;
  readonly hasMore: boolean;
  readonly more: Action<[]>;
};

/** A list that the API returns in pages: reads the first page immediately and the next ones on request. */
export const usePages = <T>(
  read: (after: string | undefined) => Promise<PageOf<T>>,
  key: unknown,
): Pages<T> => {
  const [state, setState] = useState<PageOf<T> | undefined>(undefined);
  const generation = useRef(0);
  const newestRead = useRef(read);
  newestRead.current = read;
  const load = async (before: PageOf<T> | undefined): Promise<void> => {
    const mine = generation.current;
    const page = await newestRead.current(before?.next ?? undefined);
    if (mine !== generation.current) return;
    setState({ items: [...(before?.items ?? []), ...page.items], next: page.next });
  };
  const more = useAction(() => load(state));
  const first = useAction(async () => {
    // When the key changes during a read, what was read is out of date and is read once more.
    for (let done: number | undefined; done !== generation.current; ) {
      done = generation.current;
      await load(undefined);
    }
  });
  useEffect(() => {
    generation.current += 1;
    first.run();
  }, [key]);
  return {
    items: state?.items,
    hasMore: state !== undefined && state.next !== null,
    more: { ...more, pending: more.pending || first.pending, error: more.error ?? first.error },
  };
};
