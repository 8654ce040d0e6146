import { expect, it } from 'vitest';
import { findRoute, type PageRoute } from './routes';

const route = (path: string): PageRoute => ({ path, load: async () => () => null });
const routes = [route('/'), route('/orders/find'), route('/orders/:id'), route('*')];
const found = (pathname: string) => findRoute(routes, pathname);

it('finds the page of a path, with or without a slash at its end', () => {
  expect(found('/').route.path).toBe('/');
  expect(found('/orders/17').route.path).toBe('/orders/:id');
  expect(found('/orders/17/').route.path).toBe('/orders/:id');
});

it('takes the first page that matches', () => {
  expect(found('/orders/find').route.path).toBe('/orders/find');
});

it('finds the last page for any other path', () => {
  expect(found('/orders/17/refunds').route.path).toBe('*');
  expect(found('/nowhere').route.path).toBe('*');
});

it('decodes parameters, and keeps a broken escape sequence as it is', () => {
  expect(found('/orders/50%25%20%2F%C3%A4').params).toEqual({ id: '50% /ä' });
  expect(found('/orders/50%').params).toEqual({ id: '50%' });
});
