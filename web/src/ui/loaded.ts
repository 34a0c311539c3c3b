import { useEffect, useState } from "preact/hooks";
import { useAction } from "./action.ts";

/** A value that is read from the API when a page opens, and again on `reload`. */
export const useLoaded = <T>(read: () => Promise<T>) => {
  const [value, setValue] = useState<T | undefined>(undefined);
  const load = useAction(async () => setValue(await read()));
  useEffect(() => load.run(), []);
  return { value, setValue, error: load.error, reload: () => load.run() };
};
