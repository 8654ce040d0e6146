import { useCategories } from '../api/catalogue';
import { useStorefront } from '../api/storefront';
import { useMerchantText } from '../messages/merchant-text';
import { useMessages } from '../messages/messages';
import { footerMenu, headerMenu, legalEntries, otherPageEntries, type MenuEntry, type MenuPlaces, type MenuSection } from './menus';

function usePlaces(): MenuPlaces {
  const t = useMessages();
  const { data: categories } = useCategories();
  const { data: storefront } = useStorefront();
  const textOf = useMerchantText();
  return { allProducts: t.shell.allProducts, categories: categories?.items ?? [], pages: storefront?.pages ?? [], textOf };
}

export function useHeaderMenu(): MenuEntry[] {
  const { data } = useStorefront();
  return headerMenu(data, usePlaces());
}

export function useLegalEntries(): MenuEntry[] {
  return legalEntries(usePlaces());
}

export function useFooterSections(): MenuSection[] {
  const t = useMessages();
  const { data } = useStorefront();
  const places = usePlaces();
  return [
    ...footerMenu(data, places, t.shell.footerShop),
    {
      title: t.shell.footerAccount,
      entries: [
        { label: t.shell.accountAndOrders, to: '/account' },
        { label: t.shell.titles['/orders/find'], to: '/orders/find' },
        { label: t.shell.cart, to: '/cart' },
      ],
    },
    { title: t.shell.information, entries: otherPageEntries(data, places) },
    { title: t.shell.legal, entries: legalEntries(places) },
  ].filter(({ entries }) => entries.length > 0);
}
