import { useQuery } from '@tanstack/react-query';
import { useShop } from '../../api/catalogue';
import { apiPath } from '../../api/path';
import { STOREFRONT_KEY } from '../../api/storefront';
import type { Items, PaymentMethod, ProductList, Storefront } from '../../api/types';
import { Icon } from '../../components/Icon';
import { Link } from '../../router/Link';
import type { TaxRates, Warehouse, Zones } from '../api/types';
import { Card } from '../components/Page';
import { setupSteps, type SetupStep } from './setup';
import styles from './Dashboard.module.css';

/** Lists the settings that a new shop needs before it can sell. It disappears once everything is done. */
export function SetupChecklist() {
  const { data: shop } = useShop();
  const taxes = useQuery<TaxRates>({ queryKey: ['/api/v1/tax-rates'] });
  const zones = useQuery<Zones>({ queryKey: ['/api/v1/shipping/zones'] });
  const warehouse = useQuery<Warehouse>({ queryKey: ['/api/v1/shipping/warehouse'], retry: false });
  const methods = useQuery<Items<PaymentMethod>>({ queryKey: [apiPath('/api/v1/payment-methods', { currency: shop?.currency })], enabled: Boolean(shop) });
  const storefront = useQuery<Storefront>({ queryKey: STOREFRONT_KEY });
  const products = useQuery<ProductList>({ queryKey: [apiPath('/api/v1/products', { limit: 1 })] });

  // Nothing is shown until everything is known, so that done steps do not flash up as open ones.
  if (!shop || shop.demo || !taxes.data || !zones.data || !methods.data || !storefront.data || !products.data || warehouse.isPending) return null;
  const steps = setupSteps({
    shop, taxRates: taxes.data.items.length, zonesVersion: zones.data.version, hasWarehouse: warehouse.isSuccess,
    paymentMethods: methods.data.items.length, products: products.data.items.length, missingPages: storefront.data.missing_pages,
    missesGuarantee: storefront.data.misses_legal_guarantee ?? false,
  });
  const open = steps.filter(({ done }) => !done).length;
  if (open === 0) return null;
  return (
    <Card title="Set up your shop" actions={<span className={styles.soft}>{steps.length - open} of {steps.length} done</span>}>
      <ul className={styles.checklist}>{steps.map((step) => <Step key={step.title} step={step} />)}</ul>
    </Card>
  );
}

function Step({ step: { title, text, done, to } }: { step: SetupStep }) {
  return (
    <li>
      <span className={styles.step} data-done={done || undefined}>{done && <Icon name="check" size={16} />}</span>
      <div>
        <p><strong>{title}</strong> <span className="visually-hidden">{done ? '(done)' : '(to do)'}</span></p>
        {!done && <p className={styles.soft}>{text}</p>}
      </div>
      {to && <Link to={to}>{done ? 'Change' : 'Set up'}<span className="visually-hidden">: {title}</span></Link>}
    </li>
  );
}
