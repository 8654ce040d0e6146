import { createMemoryHistory } from '@tanstack/history';
import type { ComponentType } from 'react';
import { expect, it, vi } from 'vitest';
import { createNavigation } from './navigation';

const Home = () => null;
const Cart = () => null;
const Product = () => null;

function setUp({ at = '/', base = '', loadCart = async (): Promise<ComponentType> => Cart } = {}) {
  const history = createMemoryHistory({ initialEntries: [at] });
  const left: string[] = [];
  const routes = [
    { path: '/', load: async () => Home },
    { path: '/cart', load: vi.fn(loadCart) },
    { path: '/products/:handle', load: vi.fn(async () => Product) },
    { path: '*', load: async () => () => null },
  ];
  const navigation = createNavigation({ history, routes, base, onLeave: ({ pathname }) => left.push(pathname) });
  void navigation.start();
  return { navigation, history, routes, left, shown: () => navigation.getState().shown };
}

it('shows the first page when its code is loaded', async () => {
  const { navigation, shown } = setUp();
  expect(navigation.getState()).toEqual({ shown: null, isLoading: true });
  await vi.waitFor(() => expect(shown()).toMatchObject({ page: Home, location: { pathname: '/' } }));
});

it('keeps the page until the code of the next one is loaded, and then says which page is left', async () => {
  const { navigation, shown, left } = setUp();
  await vi.waitFor(() => expect(shown()?.page).toBe(Home));
  const opened = navigation.navigate('/cart?a=b#c');
  expect(navigation.getState()).toMatchObject({ shown: { page: Home }, isLoading: true });
  expect(left).toEqual([]);
  await opened;
  expect(navigation.getState()).toMatchObject({ shown: { page: Cart, location: { pathname: '/cart', search: '?a=b', hash: '#c' } }, isLoading: false });
  expect(left).toEqual(['/']);
});

it('loads the code of a page once, and shows it at once afterwards', async () => {
  const { navigation, shown, routes } = setUp();
  await navigation.navigate('/products/a');
  void navigation.navigate('/products/b');
  expect(shown()).toMatchObject({ page: Product, params: { handle: 'b' } });
  expect(routes[2]?.load).toHaveBeenCalledTimes(1);
});

it('shows the page of the last click, even if an earlier one takes longer', async () => {
  let finishLoading!: (page: ComponentType) => void;
  const loading = new Promise<ComponentType>((resolve) => { finishLoading = resolve; });
  const { navigation, shown } = setUp({ loadCart: () => loading });
  const slow = navigation.navigate('/cart');
  await navigation.navigate('/products/a');
  finishLoading(Cart);
  await slow;
  expect(shown()).toMatchObject({ page: Product, location: { pathname: '/products/a' } });
});

it('shows why a page could not be loaded, and loads it again the next time', async () => {
  const loadCart = vi.fn(async (): Promise<ComponentType> => Cart).mockRejectedValueOnce(new TypeError('import failed'));
  const { navigation, shown } = setUp({ loadCart });
  await navigation.navigate('/cart');
  expect(shown()).toMatchObject({ page: null, error: new TypeError('import failed') });
  await navigation.navigate('/');
  await navigation.navigate('/cart');
  expect(shown()).toMatchObject({ page: Cart, error: null });
});

it('gives each entry of the history a key of its own, which Back finds again', async () => {
  const { navigation, history, shown } = setUp();
  await navigation.navigate('/cart', { state: { trail: [1] } });
  const first = shown()?.location;
  await navigation.navigate('/products/a');
  expect(shown()?.location.key).not.toBe(first?.key);
  history.back();
  await vi.waitFor(() => expect(shown()?.location).toEqual(first));
  expect(first?.state).toMatchObject({ trail: [1] });
});

it('replaces the entry of the history', async () => {
  const { navigation, history } = setUp();
  await navigation.navigate('/cart');
  await navigation.navigate('/products/a', { replace: true, preventScrollReset: true });
  expect(history.length).toBe(2);
  expect(history.location.state).toMatchObject({ preventScrollReset: true });
});

it('leaves the base path out of its locations', async () => {
  const { navigation, history, shown } = setUp({ at: '/admin', base: '/admin' });
  await vi.waitFor(() => expect(shown()?.location.pathname).toBe('/'));
  await navigation.navigate('/cart');
  expect(history.location.pathname).toBe('/admin/cart');
  expect(shown()?.location.pathname).toBe('/cart');
  expect(navigation.hrefOf('/')).toBe('/admin');
  expect(navigation.hrefOf('/?a=b')).toBe('/admin?a=b');
});
