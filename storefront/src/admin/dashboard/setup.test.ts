import { expect, it } from 'vitest';
import { setupSteps } from './setup';

it('lists what a new shop needs', () => {
  const fresh = setupSteps({ shop: { name: 'My shop' }, taxRates: 0, zonesVersion: 0, hasWarehouse: false, paymentMethods: 0, products: 0, missingPages: ['imprint'], missesGuarantee: true });
  expect(fresh.every(({ done }) => !done)).toBe(true);
  const ready = setupSteps({ shop: { name: 'Fieldhouse' }, taxRates: 1, zonesVersion: 2, hasWarehouse: true, paymentMethods: 1, products: 1, missingPages: [], missesGuarantee: false });
  expect(ready.every(({ done }) => done)).toBe(true);
});
