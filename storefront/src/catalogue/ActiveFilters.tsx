import { useCategories, useShop } from '../api/catalogue';
import type { Facets } from '../api/types';
import { TextButton } from '../components/Button';
import { Icon } from '../components/Icon';
import { useMoneyFormat } from '../money/Price';
import styles from './ActiveFilters.module.css';
import { countActive, toggle, type Filters } from './filters';

interface ActiveFiltersProps {
  filters: Filters;
  facets: Facets | null | undefined;
  onChange: (filters: Filters) => void;
  onClear: () => void;
  fixedCategory: boolean;
}

/** The active filters, each with a button that removes it. */
export function ActiveFilters({ filters, facets, onChange, onClear, fixedCategory }: ActiveFiltersProps) {
  const { data: shop } = useShop();
  const { data: categories } = useCategories();
  const format = useMoneyFormat();
  if (countActive(filters, fixedCategory) === 0) return null;
  const money = (amount: number) => format({ amount, currency: facets?.price?.min.currency ?? shop?.currency ?? 'USD' });
  const tagLabel = (tag: string) => facets?.tags.find((one) => one.value === tag)?.label ?? tag;

  return (
    <ul className={styles.chips} aria-label="Active filters">
      {filters.inStock && <Chip text="In stock" onRemove={() => onChange({ ...filters, inStock: false })} />}
      {filters.category && !fixedCategory && (
        <Chip
          text={categories?.items.find((one) => one.handle === filters.category)?.name ?? filters.category}
          onRemove={() => onChange({ ...filters, category: null })}
        />
      )}
      {(filters.minPrice !== null || filters.maxPrice !== null) && (
        <Chip
          text={priceText(filters, money)}
          onRemove={() => onChange({ ...filters, minPrice: null, maxPrice: null })}
        />
      )}
      {filters.vendors.map((vendor) => (
        <Chip key={`v ${vendor}`} text={vendor} onRemove={() => onChange({ ...filters, vendors: toggle(filters.vendors, vendor) })} />
      ))}
      {filters.tags.map((tag) => (
        <Chip key={`t ${tag}`} text={tagLabel(tag)} onRemove={() => onChange({ ...filters, tags: toggle(filters.tags, tag) })} />
      ))}
      <li className={styles.clear}><TextButton onClick={onClear}>Clear all</TextButton></li>
    </ul>
  );
}

function priceText({ minPrice, maxPrice }: Filters, money: (amount: number) => string): string {
  if (minPrice !== null && maxPrice !== null) return `${money(minPrice)} to ${money(maxPrice)}`;
  return minPrice === null ? `Up to ${money(maxPrice ?? 0)}` : `From ${money(minPrice)}`;
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <li>
      <button type="button" className={styles.chip} aria-label={`Remove filter ${text}`} onClick={onRemove}>
        {text} <Icon name="close" size={14} />
      </button>
    </li>
  );
}
