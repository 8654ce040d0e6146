import { parse } from 'regexparam';
import type { ComponentType } from 'react';

export interface PageRoute {
  /** A path with parameters, such as `/products/:handle`, or `*` for every other path. */
  path: string;
  /** Loads the code of the page. */
  load: () => Promise<ComponentType>;
}

export type Params = Readonly<Record<string, string>>;

interface Match {
  route: PageRoute;
  params: Params;
}

/** Finds the page of a path (as in the URL, encoded). The first match counts, so `/orders/find` stands before `/orders/:id`. */
export function findRoute(routes: readonly PageRoute[], pathname: string): Match {
  for (const route of routes) {
    const { keys, pattern } = parse(route.path);
    const found = pattern.exec(pathname);
    if (found) return { route, params: Object.fromEntries(keys.map((key, index) => [key, decoded(found[index + 1] ?? '')])) };
  }
  throw new Error(`No route matches ${pathname}: the last one must be *`);
}

/** People can type any URL, also one with a broken escape sequence. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
