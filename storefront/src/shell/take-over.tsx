import type { QueryClient } from '@tanstack/react-query';
import { startTransition, useEffect } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import type { Language } from '../messages/language';
import type { Navigation } from '../router/navigation';
import { Shop } from '../Shop';
import type { EarlyInput } from './early-input';

interface TakeOver {
  root: HTMLElement;
  language: Language;
  queryClient: QueryClient;
  navigation: Navigation;
  /** Settled when the code of the first page is loaded, or could not be. */
  firstPage: Promise<void>;
  earlyInput: EarlyInput;
}

/**
 * Renders the shop into the root. Where the server has rendered the first view there, React takes over its elements, so that
 * nothing is drawn again, and scroll position, focus and what was typed stay. Without one, the shop is rendered from nothing.
 */
export async function takeOver({ root, language, queryClient, navigation, firstPage, earlyInput }: TakeOver): Promise<void> {
  const { documentElement } = document;
  const hasFirstView = root.firstElementChild !== null && documentElement.lang === language;
  documentElement.lang = language;
  // React expects the elements of the page in the first view, so it needs the page's code first.
  if (hasFirstView) await firstPage;
  if (hasFirstView && navigation.getState().shown?.page) {
    // As a transition, React yields to the browser while it works: clicks and scrolling do not wait for the whole page.
    startTransition(() => {
      hydrateRoot(root, <><Shop queryClient={queryClient} navigation={navigation} isTakenOver /><Ready onReady={earlyInput.repeat} /></>);
    });
    earlyInput.stopClicks();
  } else {
    earlyInput.discard();
    createRoot(root).render(<Shop queryClient={queryClient} navigation={navigation} isTakenOver={false} />);
  }
}

/** Calls back once everything before it has been taken over. */
function Ready({ onReady }: { onReady: () => void }) {
  useEffect(onReady, [onReady]);
  return null;
}
