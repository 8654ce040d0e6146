import { createMemoryHistory } from '@tanstack/history';
import { renderToString } from 'react-dom/server';
import { createQueryClient, seed } from '../api/query-client';
import type { Language } from '../messages/language';
import { openLanguage } from '../messages/store';
import { createNavigation } from '../router/navigation';
import { pageRoutes } from '../routes';
import { Shop } from '../Shop';

export interface Visit {
  language: Language;
  /** The path of the page with its query. */
  path: string;
  /** The responses that the server embeds in the page, by API path. */
  queries: Record<string, unknown>;
  /** The API paths that do not exist. */
  missing?: string[];
}

/** Returns the first view of a page as HTML, as the server has to render it. */
export async function renderFirstView({ language, path, queries, missing = [] }: Visit): Promise<string> {
  const queryClient = createQueryClient();
  seed(queryClient, { queries, missing });
  const navigation = createNavigation({ history: createMemoryHistory({ initialEntries: [path] }), routes: pageRoutes });
  await openLanguage(language);
  await navigation.start();
  const { shown } = navigation.getState();
  if (!shown?.page) throw new Error(`${path} cannot be rendered`, { cause: shown?.error });
  const html = renderToString(<Shop queryClient={queryClient} navigation={navigation} isTakenOver />);
  queryClient.clear();
  return plain(html);
}

/** Returns HTML in the spelling of the server's templates, which differs in what browsers read alike. */
export function plain(html: string): string {
  return html
    // Hints to load images early, which React puts before everything else.
    .replace(/^(?:<link rel="preload"[^>]*>)+/, '')
    .replaceAll('/>', '>')
    .replaceAll('&#x27;', "'")
    .replaceAll(/ (checked|disabled|hidden|multiple|noValidate|open|required|selected)=""/g, ' $1');
}

/** Returns the content of the page without the header and footer. */
export function contentOf(html: string): string {
  const content = /<main [^>]*>(.*)<\/main>/s.exec(html)?.[1];
  if (content === undefined) throw new Error('The page has no <main>');
  return content;
}
