import { useEffect, useState } from 'react';
import type { Address } from '../api/types';
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

function stored(): Draft | null {
  try {
    const draft = JSON.parse(tabStore.getItem(SLOT) ?? 'null') as Draft | null;
    return draft && typeof draft.email === 'string' && typeof draft.address === 'object' ? draft : null;
  } catch {
    return null;
  }
}

export function useDraft(initial: () => Draft): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState<Draft>(() => stored() ?? initial());
  useEffect(() => {
    tabStore.setItem(SLOT, JSON.stringify(draft));
  }, [draft]);
  return [draft, setDraft];
}

export function forgetDraft(): void {
  tabStore.removeItem(SLOT);
}
