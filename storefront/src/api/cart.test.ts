import { describe, expect, it } from 'vitest';
import { newestCart } from './cart';
import { apiPath, canonicalPath } from './path';
import type { Cart } from './types';

const cart = (id: string, version: number) => ({ id, version }) as Cart;

describe('newestCart', () => {
  it('ignores an older version of the same cart', () => {
    expect(newestCart(cart('a', 3), cart('a', 2)).version).toBe(3);
    expect(newestCart(cart('a', 3), cart('a', 4)).version).toBe(4);
  });

  it('takes a new cart whatever its version, as after an order or a login', () => {
    expect(newestCart(cart('a', 9), cart('b', 1)).id).toBe('b');
    expect(newestCart(undefined, cart('a', 1)).id).toBe('a');
  });
});

describe('API paths as cache keys', () => {
  it('do not depend on the order of the query', () => {
    expect(canonicalPath('/api/v1/products?sort=newest&limit=24')).toBe(apiPath('/api/v1/products', { limit: 24, sort: 'newest' }));
    expect(canonicalPath('/api/v1/products?vendor=b&vendor=a')).toBe('/api/v1/products?vendor=a&vendor=b');
    expect(canonicalPath('/api/v1/shop')).toBe('/api/v1/shop');
  });

  it('encode the query', () => {
    expect(apiPath('/p', { q: 'salt & pepper=ü' })).toBe('/p?q=salt+%26+pepper%3D%C3%BC');
  });
});
