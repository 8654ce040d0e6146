// The server keeps no copy of a previewed file, so the browser has to send it again. It is kept by the tab, not in its
// storage: after a reload it has to be chosen again.
const files = new Map<string, File>();

const MAX_FILES = 10;

/** Keeps the file of an import for the page of that import. */
export function keepFile(importId: string, file: File): void {
  files.set(importId, file);
  const [oldest] = files.keys();
  if (files.size > MAX_FILES && oldest !== undefined) files.delete(oldest);
}

export function keptFile(importId: string): File | null {
  return files.get(importId) ?? null;
}
