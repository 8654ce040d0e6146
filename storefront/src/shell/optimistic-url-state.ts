import { useState } from 'react';

/**
 * State that lives in the URL and shows a choice at once. `fromUrl` is the parsed value, `url` the part of the URL that it
 * comes from. Until a navigation has changed the URL, the chosen value is returned. Without this, a radio button would
 * spring back after a click, and a second quick choice would build on the state before the first.
 */
export function useOptimisticUrlState<T>(fromUrl: T, url: string): [T, (chosen: T) => void] {
  const [choice, setChoice] = useState<{ url: string; value: T } | null>(null);
  const shown = choice?.url === url ? choice.value : fromUrl;
  return [shown, (value) => setChoice({ url, value })];
}
