import { describe, expect, it } from 'vitest';
import { codeFromLink } from './setup-link';

describe('the link to make the first admin', () => {
  it('has the code in its fragment', () => {
    expect(codeFromLink('#code=Lxu1DXAaTLxVI1ny_0lnjtQAEzIyHJwo')).toBe('Lxu1DXAaTLxVI1ny_0lnjtQAEzIyHJwo');
    expect(codeFromLink('#code=a-b_c%20')).toBe('a-b_c');
  });

  it('may have no code', () => {
    expect(codeFromLink('')).toBe('');
    expect(codeFromLink('#main')).toBe('');
  });
});
