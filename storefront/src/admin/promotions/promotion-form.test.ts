import { describe, expect, it } from 'vitest';
import type { Promotion } from '../api/types';
import { checkPromotion, emptyPromotion, promotionDraft, promotionForm, promotionStatus } from './promotion-form';

const PROMOTION: Promotion = {
  code: 'FIVER', benefit: { kind: 'fixed', amount: { amount: 550, currency: 'USD' } }, description: 'Five off', min_subtotal: { amount: 3000, currency: 'USD' },
  starts_at: '2026-05-01T08:30:00.000Z', ends_at: null, usage_limit: 10, used: 3, active: true,
};

describe('the form of a promotion', () => {
  it('changes nothing that was not changed', () => {
    const { code: _code, used: _used, ...draft } = PROMOTION;
    expect(promotionDraft(promotionForm(PROMOTION), PROMOTION, 'USD')).toEqual(draft);
    const percent: Promotion = { ...PROMOTION, benefit: { kind: 'percent', rate: 125_000 }, min_subtotal: null };
    expect(promotionDraft(promotionForm(percent), percent, 'USD')).toMatchObject({ benefit: { kind: 'percent', rate: 125_000 }, min_subtotal: null });
    expect(promotionDraft({ ...emptyPromotion(), kind: 'free_shipping' }, null, 'USD').benefit).toEqual({ kind: 'free_shipping' });
  });

  it('keeps the seconds of a time that was not changed', () => {
    const times: Promotion = { ...PROMOTION, starts_at: '2026-05-01T08:30:15.250Z', ends_at: '2026-06-01T23:59:59Z' };
    const form = promotionForm(times);
    expect(promotionDraft(form, times, 'USD')).toMatchObject({ starts_at: times.starts_at, ends_at: times.ends_at });
    const changed = { ...form, startsAt: '2026-05-02T08:30', endsAt: '' };
    expect(promotionDraft(changed, times, 'USD')).toMatchObject({ starts_at: new Date('2026-05-02T08:30').toISOString(), ends_at: null });
  });

  it('reports what is missing', () => {
    expect(checkPromotion(promotionForm(PROMOTION), 'USD')).toEqual([]);
    expect(checkPromotion(emptyPromotion(), 'USD').map(({ field }) => field)).toEqual(['promotion-code', 'promotion-percent']);
    const backwards = { ...promotionForm(PROMOTION), startsAt: '2026-05-02T00:00', endsAt: '2026-05-01T00:00' };
    expect(checkPromotion(backwards, 'USD').map(({ field }) => field)).toEqual(['promotion-ends']);
  });
});

it('says whether a promotion can be used', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const label = (part: Partial<Promotion>) => promotionStatus({ ...PROMOTION, ...part }, now).label;
  expect(label({})).toBe('Active');
  expect(label({ active: false })).toBe('Switched off');
  expect(label({ ends_at: '2026-06-01T00:00:00Z' })).toBe('Ended');
  expect(label({ used: 10 })).toBe('Used up');
  expect(label({ starts_at: '2026-07-01T00:00:00Z' })).toBe('Planned');
});
