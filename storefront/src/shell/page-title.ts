import { useEffect } from 'react';
import { useShop } from '../api/catalogue';
import { useNotices } from '../components/Notices';

/** Names the page in the tab, the history and for screen readers. Null while its name is loading. */
export function usePageTitle(title: string | null): void {
  const { data: shop } = useShop();
  const { announce } = useNotices();
  const shopName = shop?.name;
  useEffect(() => {
    if (title === null || shopName === undefined) return;
    const full = title === '' ? shopName : `${title} - ${shopName}`;
    if (document.title === full) return;
    document.title = full;
    announce(full);
  }, [title, shopName, announce]);
}
