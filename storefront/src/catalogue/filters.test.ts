import { describe, expect, it } from 'vitest';
import { apiPath } from '../api/path';
import { countActive, effectiveSort, NO_FILTERS, parseFilters, toApiQuery, toggle, toSearchParams, type Filters } from './filters';

const full: Filters = {
  q: 'kettle', category: 'kitchen', vendors: ['Åre & Sons', 'Norden'], tags: ['gift'],
  minPrice: 1000, maxPrice: 5000, inStock: true, sort: '-price',
};

describe('filters in the URL', () => {
  it('survive a round trip through the URL', () => {
    const sorted = { ...full, vendors: full.vendors.toSorted() };
    expect(parseFilters(toSearchParams(full))).toEqual(sorted);
    expect(parseFilters(new URLSearchParams(toSearchParams(full).toString()))).toEqual(sorted);
  });

  it('leave an unfiltered list with a clean URL', () => {
    expect(toSearchParams(NO_FILTERS).toString()).toBe('');
    expect(parseFilters(new URLSearchParams(''))).toEqual(NO_FILTERS);
  });

  it('ignore invalid values', () => {
    const filters = parseFilters(new URLSearchParams('min_price=abc&max_price=-5&sort=cheapest&vendor=&in_stock=maybe'));
    expect(filters).toEqual(NO_FILTERS);
    expect(parseFilters(new URLSearchParams('min_price=500&max_price=100')).maxPrice).toBeNull();
    expect(parseFilters(new URLSearchParams('min_price=1e3')).minPrice).toBeNull();
  });

  it('list each vendor and tag once, sorted', () => {
    expect(parseFilters(new URLSearchParams('vendor=b&vendor=a&vendor=b')).vendors).toEqual(['a', 'b']);
  });
});

describe('the query to the API', () => {
  it('is the same path for the same filters, whatever the order of clicks', () => {
    const one = { ...NO_FILTERS, vendors: toggle(toggle([], 'b'), 'a') };
    const other = { ...NO_FILTERS, vendors: toggle(toggle([], 'a'), 'b') };
    expect(apiPath('/api/v1/products', toApiQuery(one))).toBe(apiPath('/api/v1/products', toApiQuery(other)));
  });

  it('repeats vendor and tag, and leaves empty values out', () => {
    expect(apiPath('/api/v1/products', toApiQuery({ ...NO_FILTERS, vendors: ['a', 'b'], minPrice: 0 }))).toBe(
      '/api/v1/products?min_price=0&sort=newest&vendor=a&vendor=b',
    );
  });

  it('sorts a search by relevance unless another order is chosen', () => {
    expect(effectiveSort({ ...NO_FILTERS, q: 'cup' })).toBe('relevance');
    expect(effectiveSort(NO_FILTERS)).toBe('newest');
    expect(effectiveSort(full)).toBe('-price');
  });
});

describe('countActive', () => {
  it('counts choices, a price range as one', () => {
    expect(countActive(full, false)).toBe(6);
    expect(countActive(full, true)).toBe(5);
    expect(countActive(NO_FILTERS, false)).toBe(0);
  });
});
