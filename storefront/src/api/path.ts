type QueryValue = string | number | boolean | readonly string[] | null | undefined;

/**
 * Builds an API path with its query in canonical order and without empty values. The path is also
 * the cache key, so data that the server embedded in the page is found whatever order it used.
 */
export function apiPath(path: string, query: Record<string, QueryValue> = {}): string {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'object' && value !== null) {
      for (const one of value) pairs.push([name, one]);
    } else if (value !== null && value !== undefined && value !== '' && value !== false) {
      pairs.push([name, String(value)]);
    }
  }
  return withQuery(path, pairs);
}

export function canonicalPath(pathWithQuery: string): string {
  const cut = pathWithQuery.indexOf('?');
  if (cut < 0) return pathWithQuery;
  return withQuery(pathWithQuery.slice(0, cut), [...new URLSearchParams(pathWithQuery.slice(cut + 1))]);
}

function withQuery(path: string, pairs: [string, string][]): string {
  if (pairs.length === 0) return path;
  const sorted = pairs.toSorted(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  return `${path}?${new URLSearchParams(sorted).toString()}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
