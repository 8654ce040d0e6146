import { useEffect, useState } from 'react';
import type { Address, SavedAddress } from '../api/types';
import { cleanAddress } from './address-rules';
import { tabStore } from './tab-store';

/** The input so far, which must survive a reload and a visit to the bank. Never card data. */
export interface Draft {
  email: string;
  address: Address;
}

const SLOT = 'shop.checkout';

export function emptyAddress(country: string): Address {
  return { name: '', line1: '', line2: '', city: '', region: '', postal_code: '', country, phone: '' };
}

function isSame(one: Address, other: Address): boolean {
  const [a, b] = [cleanAddress(one), cleanAddress(other)];
  return (Object.keys({ ...a, ...b }) as (keyof Address)[]).every((name) => a[name] === b[name]);
}

/** Returns the address in the address book that is the same as this one. */
export function savedEntry(saved: SavedAddress[] | undefined, address: Address): SavedAddress | undefined {
  return saved?.find((entry) => isSame(entry, address));
}

/** Returns the first input: the address that was saved last, or else an empty one. */
export function firstDraft(email: string, name: string, country: string, saved: SavedAddress[] | undefined): Draft {
  const [latest] = saved ?? [];
  if (!latest) return { email, address: { ...emptyAddress(country), name } };
  const { id: _, ...address } = latest;
  return { email, address };
}

/** Takes what was entered before, unless that was nothing yet. */
export function resumedDraft(stored: Draft | null, first: Draft): Draft {
  if (!stored) return first;
  const isBlank = !stored.address.line1?.trim() && !stored.address.city?.trim();
  return isBlank ? { email: stored.email || first.email, address: first.address } : stored;
}

function stored(): Draft | null {
  try {
    const draft = JSON.parse(tabStore.getItem(SLOT) ?? 'null') as Draft | null;
    return draft && typeof draft.email === 'string' && typeof draft.address === 'object' ? draft : null;
  } catch {
    return null;
  }
}

export function useDraft(initial: () => Draft): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState<Draft>(() => resumedDraft(stored(), initial()));
  useEffect(() => {
    tabStore.setItem(SLOT, JSON.stringify(draft));
  }, [draft]);
  return [draft, setDraft];
}

export function forgetDraft(): void {
  tabStore.removeItem(SLOT);
}
