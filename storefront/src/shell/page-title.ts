import { useEffect } from 'react';
import { useMatches } from 'react-router';
import { useShop } from '../api/catalogue';
import { useToasts } from '../components/Toasts';
import type { RouteHandle } from '../routes';
import { useMessages } from '../messages/messages';

/**
 * Sets and announces the document's title, by default the one of its route.
 * Null while the title is loading; an empty title is the shop's name alone.
 */
export function usePageTitle(title?: string | null): void {
  const t = useMessages();
  const { data: shop } = useShop();
  const { announce } = useToasts();
  const handle = useMatches().at(-1)?.handle as RouteHandle | undefined;
  const shown = title === undefined ? (handle ? t.shell.titles[handle.path] : '') : title;
  const shopName = shop?.name;
  useEffect(() => {
    if (shown === null || shopName === undefined) return;
    const full = shown === '' ? shopName : `${shown} - ${shopName}`;
    if (document.title === full) return;
    document.title = full;
    announce(full);
  }, [shown, shopName, announce]);
}
