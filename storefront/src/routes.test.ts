import { expect, it } from 'vitest';
import de from './messages/de';
import en from './messages/en';
import fr from './messages/fr';
import { findRoute } from './router/routes';
import table from './routes.json';
import { pageRoutes } from './routes';

const files = Object.keys(import.meta.glob('./pages/*Page.tsx')).map((path) => path.slice('./pages/'.length, -'.tsx'.length));

it('has a route for every page component', () => {
  const routed = new Set([...table.map(({ page }) => page), 'NotFoundPage']);
  expect([...routed].toSorted()).toEqual(files.toSorted());
});

it('lists each path once', () => {
  expect(new Set(table.map(({ path }) => path)).size).toBe(table.length);
});

it.each([['title', en], ['title_de', de], ['title_fr', fr]] as const)('has in %s the title of every path in the catalogue, which the server sends', (name, messages) => {
  const { '*': _, ...titles } = messages.shell.titles;
  expect(Object.fromEntries(table.map((row) => [row.path, row[name]]))).toEqual(titles);
});

it('matches a URL of every path, and the not-found page for any other', () => {
  for (const { path } of table) {
    expect(findRoute(pageRoutes, path.replaceAll(/:\w+/g, 'x')).route.path, path).toBe(path);
  }
  for (const unknown of ['/nowhere', '/cart/x', '/orders/x/y']) expect(findRoute(pageRoutes, unknown).route.path).toBe('*');
});
