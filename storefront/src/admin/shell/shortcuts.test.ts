import { describe, expect, it } from 'vitest';
import { PAGES, currentItem } from './navigation';
import { matchShortcut } from './shortcuts';

const press = (key: string, modifiers: Partial<{ ctrlKey: boolean; metaKey: boolean; altKey: boolean }> = {}) =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, ...modifiers });
const anywhere = { first: null, isTyping: false, singleKeys: true };

describe('matchShortcut', () => {
  it('opens the palette from everywhere', () => {
    expect(matchShortcut(press('k', { ctrlKey: true }), { ...anywhere, isTyping: true })).toEqual({ do: 'palette' });
    expect(matchShortcut(press('K', { metaKey: true }), { ...anywhere, singleKeys: false })).toEqual({ do: 'palette' });
  });

  it('opens pages with a sequence', () => {
    expect(matchShortcut(press('g'), anywhere)).toEqual({ do: 'await-second-key' });
    expect(matchShortcut(press('o'), { ...anywhere, first: 'g' })).toEqual({ do: 'open', path: '/orders' });
    expect(matchShortcut(press('o'), anywhere)).toBeNull();
    expect(matchShortcut(press('1'), { ...anywhere, first: 'g' })).toBeNull();
  });

  it('leaves text fields, modifiers and people who switched it off alone', () => {
    expect(matchShortcut(press('/'), anywhere)).toEqual({ do: 'search' });
    expect(matchShortcut(press('?'), anywhere)).toEqual({ do: 'help' });
    expect(matchShortcut(press('/'), { ...anywhere, isTyping: true })).toBeNull();
    expect(matchShortcut(press('n'), anywhere)).toEqual({ do: 'note' });
    expect(matchShortcut(press('/', { ctrlKey: true }), anywhere)).toBeNull();
    expect(matchShortcut(press('?'), { ...anywhere, singleKeys: false })).toBeNull();
  });
});

describe('navigation', () => {
  it('has a key of its own for every page', () => {
    expect(new Set(PAGES.map(({ key }) => key)).size).toBe(PAGES.length);
  });

  it('finds the page that a path belongs to', () => {
    expect(currentItem('/')?.label).toBe('Dashboard');
    expect(currentItem('/orders/abc')?.label).toBe('Orders');
    expect(currentItem('/customers/abc')?.label).toBe('Customers and staff');
    expect(currentItem('/ordersx')).toBeUndefined();
  });
});
