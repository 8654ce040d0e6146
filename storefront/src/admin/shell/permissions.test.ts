import { expect, it } from 'vitest';
import type { Role } from '../api/types';
import { isAllowed, isStaff, type Permission } from './permissions';

const tables = import.meta.glob<string>('../../../../shopstack/tests/authorisation.tsv', { query: '?raw', import: 'default', eager: true });
const [header = [], ...rows] = Object.values(tables).join('').trim().split('\n').map((line) => line.split('\t'));

const ROLES: Role[] = ['customer', 'warehouse', 'support', 'merchant', 'admin'];

/** Operations that each permission stands for. */
const OPERATIONS: Readonly<Record<Permission, readonly string[]>> = {
  'orders:read': ['GET /api/v1/workflows'],
  'orders:write': [
    'POST /api/v1/orders/{id}/refunds', 'POST /api/v1/orders/{id}/returns/{return_id}/receive',
    'POST /api/v1/workflows/{order_id}/retry', 'POST /api/v1/workflows/{order_id}/resolve',
  ],
  'shipments:write': ['GET /api/v1/shipments', 'POST /api/v1/shipments/{id}/ship', 'PUT /api/v1/shipments/{id}/tracking'],
  'payments:read': ['GET /api/v1/payments', 'GET /api/v1/payments/{id}/details'],
  'payments:write': ['POST /api/v1/payments/{id}/operations/{number}/resolve', 'POST /api/v1/payments/{id}/transfers'],
  'balances:read': ['GET /api/v1/balances', 'GET /api/v1/payouts', 'POST /api/v1/payouts'],
  'products:read': ['GET /api/v1/products/{handle}/draft'],
  'products:write': ['PUT /api/v1/products/{handle}', 'DELETE /api/v1/products/{handle}', 'PUT /api/v1/categories/{handle}', 'POST /api/v1/images'],
  'imports:write': ['POST /api/v1/imports', 'GET /api/v1/imports', 'GET /api/v1/imports/{id}'],
  'stock:read': ['GET /api/v1/stock', 'GET /api/v1/stock/{sku}/history'],
  'stock:adjust': ['POST /api/v1/stock/{sku}/adjustments'],
  'stock:write': ['PUT /api/v1/stock/{sku}/threshold'],
  'promotions:read': ['GET /api/v1/promotions'],
  'promotions:write': ['PUT /api/v1/promotions/{code}', 'DELETE /api/v1/promotions/{code}'],
  'reviews:write': ['GET /api/v1/reviews', 'PUT /api/v1/reviews/{id}/state'],
  'accounts:read': ['GET /api/v1/accounts', 'GET /api/v1/accounts/{id}'],
  'accounts:write': ['PUT /api/v1/accounts/{id}/roles'],
  'api-keys:write': ['GET /api/v1/api-keys', 'POST /api/v1/api-keys', 'DELETE /api/v1/api-keys/{id}'],
  'taxes:read': ['GET /api/v1/tax-rates'],
  'taxes:write': ['PUT /api/v1/tax-rates'],
  'shipping:read': ['GET /api/v1/shipping/zones', 'GET /api/v1/shipping/warehouse'],
  'shipping:write': ['PUT /api/v1/shipping/zones', 'PUT /api/v1/shipping/warehouse'],
  'shop:write': ['PUT /api/v1/shop'],
  'content:write': ['PUT /api/v1/storefront', 'PUT /api/v1/pages/{handle}', 'DELETE /api/v1/pages/{handle}', 'PUT /api/v1/email-texts'],
  'system:read': ['GET /api/v1/emails/failed', 'GET /api/v1/images/failed', 'GET /api/v1/dead-letters/{queue}', 'GET /api/v1/webhook-events'],
  'system:write': ['POST /api/v1/emails/failed/{id}/retry', 'POST /api/v1/dead-letters/{queue}/{event_id}/replay'],
  'images:retry': ['POST /api/v1/images/failed/retry'],
  'webhooks:write': ['POST /api/v1/webhook-events/{gateway}/{id}/discard'],
};

it("agrees with the server's table of authorisations", () => {
  const roles = ROLES.filter((role) => header.includes(role));
  expect(roles.length).toBeGreaterThanOrEqual(4);
  for (const [permission, operations] of Object.entries(OPERATIONS)) {
    for (const operation of operations) {
      const row = rows.find(([method, path]) => `${method} ${path}` === operation);
      expect(row, operation).toBeDefined();
      for (const role of roles) {
        const allowed = row?.[header.indexOf(role)] === 'allowed';
        expect(isAllowed([role], permission as Permission), `${operation} as ${role}`).toBe(allowed);
      }
    }
  }
});

it('knows who is staff', () => {
  expect(isStaff(['customer'])).toBe(false);
  expect(isStaff(['customer', 'support'])).toBe(true);
  expect(isStaff(['warehouse'])).toBe(true);
});
