import { useCategories, useShop } from '../api/catalogue';
import type { Facets } from '../api/types';
import { TextButton } from '../components/Button';
import { Icon } from '../components/Icon';
import type { Messages } from '../messages/catalogue';
import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
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
  const t = useMessages();
  const { data: shop } = useShop();
  const { data: categories } = useCategories();
  const { money: format } = useFormats();
  if (countActive(filters, fixedCategory) === 0) return null;
  const money = (amount: number) => format({ amount, currency: facets?.price?.min.currency ?? shop?.currency ?? 'USD' });
  const tagLabel = (tag: string) => facets?.tags.find((one) => one.value === tag)?.label ?? tag;

  return (
    <ul className={styles.chips} aria-label={t.catalogue.activeFilters}>
      {filters.inStock && <Chip text={t.catalogue.inStock} onRemove={() => onChange({ ...filters, inStock: false })} />}
      {filters.category && !fixedCategory && (
        <Chip
          text={categories?.items.find((one) => one.handle === filters.category)?.name ?? filters.category}
          onRemove={() => onChange({ ...filters, category: null })}
        />
      )}
      {(filters.minPrice !== null || filters.maxPrice !== null) && (
        <Chip
          text={priceText(filters, money, t)}
          onRemove={() => onChange({ ...filters, minPrice: null, maxPrice: null })}
        />
      )}
      {filters.vendors.map((vendor) => (
        <Chip key={`v ${vendor}`} text={vendor} onRemove={() => onChange({ ...filters, vendors: toggle(filters.vendors, vendor) })} />
      ))}
      {filters.tags.map((tag) => (
        <Chip key={`t ${tag}`} text={tagLabel(tag)} onRemove={() => onChange({ ...filters, tags: toggle(filters.tags, tag) })} />
      ))}
      <li className={styles.clear}><TextButton onClick={onClear}>{t.catalogue.clearAll}</TextButton></li>
    </ul>
  );
}

function priceText({ minPrice, maxPrice }: Filters, money: (amount: number) => string, { catalogue }: Messages): string {
  if (minPrice !== null && maxPrice !== null) return catalogue.priceBetween(money(minPrice), money(maxPrice));
  return minPrice === null ? catalogue.priceUpTo(money(maxPrice ?? 0)) : catalogue.priceFrom(money(minPrice));
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  const t = useMessages();
  return (
    <li>
      <button type="button" className={styles.chip} suppressHydrationWarning aria-label={t.catalogue.removeFilter(text)} onClick={onRemove}>
        {text} <Icon name="close" size={14} />
      </button>
    </li>
  );
}
