import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

export type PackedFile = { readonly path: string; readonly contents: Uint8Array };

/** The oldest time that a zip can store. */
const TIME = new Date(1980, 0, 1);
const READABLE_FILE = 0o100644;

/** Makes a zip whose bytes depend only on the paths and contents of its files. */
export const zipOf = (files: readonly PackedFile[]): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    zip.addBuffer(Buffer.from(file.contents), file.path, {
      ...{ mtime: TIME, mode: READABLE_FILE, forceDosTimestamp: true, compressionLevel: 9 },
    });
  zip.end();
  return buffer(zip.outputStream);
};

/** The paths of the files in a folder and its folders, sorted. */
export const filesUnder = async (
  folder: string,
  wanted: (path: string) => boolean = () => true,
): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter(wanted)
    .sort();
};
