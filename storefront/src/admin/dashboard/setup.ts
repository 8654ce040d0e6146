import type { LegalPage, Shop } from '../../api/types';

export interface SetupStep {
  title: string;
  text: string;
  done: boolean;
  /** Absent for what is set outside of the admin. */
  to?: string;
}

interface SetupState {
  shop: Pick<Shop, 'name'>;
  taxRates: number;
  zonesVersion: number;
  hasWarehouse: boolean;
  paymentMethods: number;
  products: number;
  missingPages: readonly LegalPage[];
  missesGuarantee: boolean;
}

/** The name that a shop has until somebody changes it. */
const DEFAULT_NAME = 'My shop';

export function setupSteps({ shop, taxRates, zonesVersion, hasWarehouse, paymentMethods, products, missingPages, missesGuarantee }: SetupState): SetupStep[] {
  return [
    { title: 'Name your shop and its country', text: 'Customers see the name on every page and in emails. The country decides which laws apply.', done: shop.name !== DEFAULT_NAME, to: '/settings' },
    { title: 'Enter tax rates', text: 'Without a rate, no tax is charged.', done: taxRates > 0, to: '/taxes' },
    { title: 'Set the warehouse', text: 'Delivery prices depend on the distance from it.', done: hasWarehouse, to: '/shipping#warehouse' },
    // Version 0 is the built-in table, which nobody has looked at yet.
    { title: 'Check delivery prices', text: 'The prices are examples until you save your own.', done: zonesVersion > 0, to: '/shipping' },
    { title: 'Accept payments', text: "Customers can't pay yet. Payment methods are configured on the server, with PAYMENT_GATEWAY.", done: paymentMethods > 0 },
    { title: 'Write the legal pages', text: 'The law asks for them, and your shop takes no orders without them.', done: missingPages.length === 0, to: '/pages' },
    { title: 'Upload the notice on the legal guarantee', text: 'In the European Union, customers must see it before they order.', done: !missesGuarantee, to: '/storefront' },
    { title: 'Add your first product', text: 'Or import a file with many of them.', done: products > 0, to: '/products' },
  ];
}
