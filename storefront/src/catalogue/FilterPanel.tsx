import { useState } from 'react';
import { useShop } from '../api/catalogue';
import type { Facets, FacetValue, Money } from '../api/types';
import { Button, TextButton } from '../components/Button';
import { inputClass } from '../components/Field';
import { parseMajor, toInputText } from '../money/money';
import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './FilterPanel.module.css';
import { toggle, type Filters } from './filters';

interface FilterPanelProps {
  facets: Facets | null | undefined;
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** Set on a category's own page, where the category is not a choice. */
  fixedCategory: boolean;
}

export function FilterPanel({ facets, filters, onChange, fixedCategory }: FilterPanelProps) {
  const t = useMessages();
  return (
    <div className={styles.panel}>
      <label className={styles.choice}>
        <input
          type="checkbox"
          checked={filters.inStock}
          onChange={(event) => onChange({ ...filters, inStock: event.target.checked })}
        />
        <span>{t.catalogue.inStockOnly}</span>
        {facets && <Count value={facets.in_stock} />}
      </label>

      {!fixedCategory && (
        <FacetGroup
          title={t.catalogue.category}
          values={facets?.categories}
          chosen={filters.category ? [filters.category] : []}
          onToggle={(value) => onChange({ ...filters, category: filters.category === value ? null : value })}
        />
      )}
      <PriceRange
        key={`${filters.minPrice} ${filters.maxPrice}`}
        bounds={facets?.price ?? null}
        filters={filters}
        onChange={onChange}
      />
      <FacetGroup
        title={t.catalogue.brand}
        values={facets?.vendors}
        chosen={filters.vendors}
        onToggle={(value) => onChange({ ...filters, vendors: toggle(filters.vendors, value) })}
      />
      <FacetGroup
        title={t.catalogue.tag}
        values={facets?.tags}
        chosen={filters.tags}
        onToggle={(value) => onChange({ ...filters, tags: toggle(filters.tags, value) })}
      />
    </div>
  );
}

function Count({ value }: { value: number }) {
  const t = useMessages();
  return (
    <span className={`${styles.count} numeric`}>
      <span aria-hidden="true">{value}</span>
      <span className="visually-hidden">{t.common.products(value, String(value))}</span>
    </span>
  );
}

const SHOWN = 7;

interface FacetGroupProps {
  title: string;
  values: FacetValue[] | undefined;
  chosen: string[];
  onToggle: (value: string) => void;
}

function FacetGroup({ title, values = [], chosen, onToggle }: FacetGroupProps) {
  const t = useMessages();
  const [all, setAll] = useState(false);
  // A chosen value stays listed, so that it can be removed, when the other filters leave it without products.
  const missing = chosen.filter((value) => !values.some((known) => known.value === value));
  const offered = [...missing.map((value) => ({ value, label: value, count: 0 })), ...values];
  if (offered.length === 0) return null;
  const shown = all ? offered : offered.filter((facet, index) => index < SHOWN || chosen.includes(facet.value));
  return (
    <fieldset>
      <legend className={styles.title}>{title}</legend>
      {shown.map((facet) => (
        <label key={facet.value} className={styles.choice}>
          <input type="checkbox" checked={chosen.includes(facet.value)} onChange={() => onToggle(facet.value)} />
          <span>{facet.label}</span>
          <Count value={facet.count} />
        </label>
      ))}
      {offered.length > SHOWN && (
        <p className={styles.more}>
          <TextButton aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t.catalogue.showFewer : t.catalogue.showAll(offered.length)}
          </TextButton>
        </p>
      )}
    </fieldset>
  );
}

interface PriceRangeProps {
  bounds: { min: Money; max: Money } | null;
  filters: Filters;
  onChange: (filters: Filters) => void;
}

function PriceRange({ bounds, filters, onChange }: PriceRangeProps) {
  const t = useMessages();
  const { data: shop } = useShop();
  const { money: format } = useFormats();
  const currency = bounds?.min.currency ?? shop?.currency ?? 'USD';
  const [from, setFrom] = useState(filters.minPrice === null ? '' : toInputText(filters.minPrice, currency));
  const [to, setTo] = useState(filters.maxPrice === null ? '' : toInputText(filters.maxPrice, currency));
  const [error, setError] = useState<string | null>(null);

  const apply = () => {
    const minPrice = from.trim() === '' ? null : parseMajor(from, currency);
    const maxPrice = to.trim() === '' ? null : parseMajor(to, currency);
    if ((from.trim() !== '' && minPrice === null) || (to.trim() !== '' && maxPrice === null)) {
      setError(t.catalogue.priceNotNumber);
    } else if (minPrice !== null && maxPrice !== null && minPrice > maxPrice) {
      setError(t.catalogue.priceSwapped);
    } else {
      setError(null);
      onChange({ ...filters, minPrice, maxPrice });
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <fieldset>
        <legend className={styles.title}>{t.catalogue.price(currency)}</legend>
        <div className={styles.range}>
          <label htmlFor="price-from" className="visually-hidden">{t.catalogue.minPrice}</label>
          <input
            id="price-from"
            className={inputClass}
            inputMode="decimal"
            placeholder={bounds ? toInputText(bounds.min.amount, currency) : ''}
            value={from}
            aria-invalid={error ? true : undefined}
            aria-describedby="price-hint"
            onChange={(event) => setFrom(event.target.value)}
          />
          <span aria-hidden="true">{t.catalogue.to}</span>
          <label htmlFor="price-to" className="visually-hidden">{t.catalogue.maxPrice}</label>
          <input
            id="price-to"
            className={inputClass}
            inputMode="decimal"
            placeholder={bounds ? toInputText(bounds.max.amount, currency) : ''}
            value={to}
            aria-invalid={error ? true : undefined}
            aria-describedby="price-hint"
            onChange={(event) => setTo(event.target.value)}
          />
          <Button type="submit" look="secondary" size="small">{t.catalogue.apply}</Button>
        </div>
        <p id="price-hint" suppressHydrationWarning className={styles.hint} role={error ? 'alert' : undefined}>
          {error ?? (bounds && t.catalogue.priceBounds(format(bounds.min), format(bounds.max)))}
        </p>
      </fieldset>
    </form>
  );
}
