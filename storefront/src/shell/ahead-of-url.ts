import { useState } from 'react';

/**
 * State that lives in the address and yet shows a choice at once: `fromUrl` is what the address says, `address` that part
 * of the address itself. A navigation takes a moment; until the address has changed, the value that was chosen stands.
 * Without this a radio button springs back after a click, and a second quick choice builds on the state before the first.
 */
export function useAheadOfUrl<T>(fromUrl: T, address: string): [T, (chosen: T) => void] {
  const [choice, setChoice] = useState<{ address: string; value: T } | null>(null);
  const shown = choice?.address === address ? choice.value : fromUrl;
  return [shown, (value) => setChoice({ address, value })];
}
