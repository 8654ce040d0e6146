import type { ComponentType } from 'react';
import type { Messages } from './messages/catalogue';
import { needPurchaseTexts } from './messages/store';
import type { PageRoute } from './router/routes';
import table from './routes.json';

type Load = () => Promise<{ default: ComponentType }>;

/** The key of a page's title in the catalogues. */
export type TitleKey = keyof Messages['shell']['titles'];

/** Each page is a chunk of its own: a visitor of the home page does not load the checkout. */
const PAGES = import.meta.glob<{ default: ComponentType }>('./pages/*Page.tsx');

function pageRoute(path: string, page: string, needsPurchaseTexts = false): PageRoute {
  const load: Load | undefined = PAGES[`./pages/${page}.tsx`];
  if (!load) throw new Error(`routes.json names the page ${page}, but src/pages/${page}.tsx does not exist`);
  return {
    path,
    load: async () => {
      const [{ default: component }] = await Promise.all([load(), needsPurchaseTexts ? needPurchaseTexts() : null]);
      return component;
    },
  };
}

export const pageRoutes: readonly PageRoute[] = [
  ...table.map(({ path, page, purchase_texts }) => pageRoute(path, page, purchase_texts)),
  pageRoute('*', 'NotFoundPage'),
];
