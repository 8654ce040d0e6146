import { useEffect } from 'react';
import { useShop } from '../api/catalogue';
import { useToasts } from '../components/Toasts';
import { useMessages } from '../messages/messages';
import { useRoute } from '../router/hooks';
import type { TitleKey } from '../routes';

/**
 * Sets and announces the document's title, by default the one of its route.
 * Null while the title is loading; an empty title is the shop's name alone.
 */
export function usePageTitle(title?: string | null): void {
  const t = useMessages();
  const { data: shop } = useShop();
  const { announce } = useToasts();
  const { path } = useRoute();
  const shown = title === undefined ? t.shell.titles[path as TitleKey] : title;
  const shopName = shop?.name;
  useEffect(() => {
    if (shown === null || shopName === undefined) return;
    const full = shown === '' ? shopName : `${shown} - ${shopName}`;
    if (document.title === full) return;
    document.title = full;
    announce(full);
  }, [shown, shopName, announce]);
}
