import { describe, expect, it } from 'vitest';
import { ariaSort, nextSort, readTableState, sortRows, withCursor, withFilter, withSort } from './table-state';

const params = (text: string) => new URLSearchParams(text);

describe('the state of a table in the URL', () => {
  it('is read from the URL', () => {
    expect(readTableState(params('status=attention&cursor=abc&sort=-title&other=1'), ['status', 'q'])).toEqual({
      cursor: 'abc', sort: '-title', filters: { status: 'attention' },
    });
    expect(readTableState(params('status=&cursor='), ['status'])).toEqual({ cursor: null, sort: null, filters: {} });
  });

  it('goes back to the first page when the list changes', () => {
    expect(withFilter(params('cursor=abc&q=a'), 'status', 'shipped').toString()).toBe('q=a&status=shipped');
    expect(withFilter(params('status=shipped'), 'status', '').toString()).toBe('');
    expect(withSort(params('cursor=abc&q=a'), 'title').toString()).toBe('q=a&sort=title');
  });

  it('keeps filters between pages', () => {
    expect(withCursor(params('status=shipped'), 'abc').toString()).toBe('status=shipped&cursor=abc');
    expect(withCursor(params('status=shipped&cursor=abc'), null).toString()).toBe('status=shipped');
  });
});

describe('sorting', () => {
  it('cycles through ascending, descending and none', () => {
    expect(nextSort(null, 'title')).toBe('title');
    expect(nextSort('title', 'title')).toBe('-title');
    expect(nextSort('-title', 'title')).toBeNull();
    expect(nextSort('-price', 'title')).toBe('title');
  });

  it('is announced by aria-sort', () => {
    expect(ariaSort('title', 'title')).toBe('ascending');
    expect(ariaSort('-title', 'title')).toBe('descending');
    expect(ariaSort('-title', 'price')).toBe('none');
  });

  it('orders numbers as numbers, and leaves unknown columns alone', () => {
    const rows = [{ n: 10 }, { n: 9 }];
    expect(sortRows(rows, 'n', { n: (row) => row.n })).toEqual([{ n: 9 }, { n: 10 }]);
    expect(sortRows(rows, '-n', { n: (row) => row.n })).toEqual([{ n: 10 }, { n: 9 }]);
    expect(sortRows(rows, 'x', { n: (row) => row.n })).toEqual(rows);
  });
});
