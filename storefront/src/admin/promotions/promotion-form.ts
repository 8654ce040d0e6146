import { parseMajor, toInputText } from '../../money/money';
import type { FieldError } from '../../components/Field';
import type { Benefit, Promotion, PromotionDraft } from '../api/types';
import { parseCount, parsePercent, percentText } from '../components/numbers';
import type { StatusLabel } from '../messages/en';

export interface PromotionForm {
  code: string;
  kind: Benefit['kind'];
  percent: string;
  amount: string;
  description: string;
  minSubtotal: string;
  /** Local times, as a field of the type datetime-local has them. */
  startsAt: string;
  endsAt: string;
  usageLimit: string;
  active: boolean;
}

export function emptyPromotion(): PromotionForm {
  return { code: '', kind: 'percent', percent: '', amount: '', description: '', minSubtotal: '', startsAt: '', endsAt: '', usageLimit: '', active: true };
}

export function promotionForm({ code, benefit, description, min_subtotal, starts_at, ends_at, usage_limit, active }: Promotion): PromotionForm {
  return {
    code,
    kind: benefit.kind,
    percent: benefit.kind === 'percent' ? percentText(benefit.rate) : '',
    amount: benefit.kind === 'fixed' ? toInputText(benefit.amount.amount, benefit.amount.currency) : '',
    description,
    minSubtotal: min_subtotal ? toInputText(min_subtotal.amount, min_subtotal.currency) : '',
    startsAt: localTime(starts_at),
    endsAt: localTime(ends_at),
    usageLimit: typeof usage_limit === 'number' ? String(usage_limit) : '',
    active,
  };
}

export function checkPromotion(form: PromotionForm, currency: string): FieldError[] {
  const errors: FieldError[] = [];
  const report = (field: string, message: string) => errors.push({ field: `promotion-${field}`, message });
  if (!/^\S{1,40}$/.test(form.code.trim())) report('code', 'Enter a code without spaces, of at most 40 characters.');
  if (form.kind === 'percent' && !parsePercent(form.percent)) report('percent', 'Enter a percentage above 0 and up to 100.');
  if (form.kind === 'fixed' && !parseMajor(form.amount, currency)) report('amount', `Enter an amount in ${currency}.`);
  if (form.minSubtotal.trim() && parseMajor(form.minSubtotal, currency) === null) report('min', `Enter an amount in ${currency}, or nothing.`);
  if (form.usageLimit.trim() && parseCount(form.usageLimit) === null) report('limit', 'Enter a whole number, or nothing.');
  if (form.startsAt && form.endsAt && form.startsAt >= form.endsAt) report('ends', 'The end must be after the start.');
  return errors;
}

/** Builds the promotion. `before` keeps the seconds of its times, which the fields do not show. */
export function promotionDraft(form: PromotionForm, before: Promotion | null, currency: string): PromotionDraft {
  const minimum = parseMajor(form.minSubtotal, currency);
  return {
    benefit: benefitOf(form, currency),
    description: form.description.trim(),
    min_subtotal: minimum === null ? null : { amount: minimum, currency },
    starts_at: instant(form.startsAt, before?.starts_at),
    ends_at: instant(form.endsAt, before?.ends_at),
    usage_limit: form.usageLimit.trim() ? parseCount(form.usageLimit) : null,
    active: form.active,
  };
}

function benefitOf({ kind, percent, amount }: PromotionForm, currency: string): Benefit {
  if (kind === 'percent') return { kind, rate: parsePercent(percent) ?? 0 };
  if (kind === 'fixed') return { kind, amount: { amount: parseMajor(amount, currency) ?? 0, currency } };
  return { kind };
}

function localTime(iso: string | null | undefined): string {
  if (!iso) return '';
  const date = new Date(iso);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function instant(local: string, before: string | null | undefined): string | null {
  if (before && local === localTime(before)) return before;
  return local ? new Date(local).toISOString() : null;
}

export function promotionStatus({ active, starts_at, ends_at, usage_limit, used }: Promotion, now: Date): StatusLabel {
  if (!active) return { label: 'Switched off', tone: 'neutral' };
  if (ends_at && new Date(ends_at) <= now) return { label: 'Ended', tone: 'neutral' };
  if (typeof usage_limit === 'number' && used >= usage_limit) return { label: 'Used up', tone: 'neutral' };
  if (starts_at && new Date(starts_at) > now) return { label: 'Planned', tone: 'warn' };
  return { label: 'Active', tone: 'good' };
}
