import { useState, type InputHTMLAttributes } from 'react';
import { Button } from '../../components/Button';
import { inputClass } from '../../components/Field';
import { Link } from '../../router/Link';
import { Card } from '../components/Page';
import type { EditorProps } from './ImagesEditor';
import { emptyVariant, fieldId, type VariantForm } from './product-form';
import styles from './Products.module.css';
import { DETAILS, VariantDetails } from './VariantDetails';

export function VariantsEditor({ form, set, errorOf, currency }: EditorProps & { currency: string }) {
  const { variants, optionNames } = form;
  const [details, setDetails] = useState<number | null>(null);
  const change = (index: number, part: Partial<VariantForm>) => set({ variants: variants.map((variant, at) => (at === index ? { ...variant, ...part } : variant)) });
  return (
    <Card title={optionNames.length > 0 ? 'Variants' : 'Price and stock'}>
      {/* A wide table scrolls by itself, and the keyboard must reach what is outside. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.variants} role="group" aria-label="Variants table" tabIndex={0}>
        <table>
          <caption className="visually-hidden">Variants with their prices</caption>
          <thead>
            <tr>
              {optionNames.map((name, index) => <th key={index} scope="col">{name || `Option ${index + 1}`}</th>)}
              <th scope="col">SKU</th>
              <th scope="col">Price in {currency}</th>
              <th scope="col">Former price</th>
              <th scope="col">Stock</th>
              <th scope="col"><span className="visually-hidden">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            {variants.map((variant, index) => (
              <VariantRow
                key={variant.key}
                variant={variant}
                index={index}
                optionNames={optionNames}
                errorOf={errorOf}
                onChange={(part) => change(index, part)}
                onDetails={() => setDetails(index)}
                {...(variants.length > 1 && { onRemove: () => set({ variants: variants.filter((_, at) => at !== index) }) })}
              />
            ))}
          </tbody>
        </table>
      </div>
      {optionNames.length > 0 && (
        <div><Button look="secondary" size="small" onClick={() => set({ variants: [...variants, emptyVariant(optionNames.length)] })}>Add variant</Button></div>
      )}
      <VariantDetails index={details} form={form} errorOf={errorOf} currency={currency} onChange={change} onClose={() => setDetails(null)} />
    </Card>
  );
}

interface VariantRowProps {
  variant: VariantForm;
  index: number;
  optionNames: string[];
  errorOf: (field: string) => string | undefined;
  onChange: (part: Partial<VariantForm>) => void;
  onDetails: () => void;
  onRemove?: () => void;
}

function VariantRow({ variant, index, optionNames, errorOf, onChange, onDetails, onRemove }: VariantRowProps) {
  const name = variant.optionValues.filter(Boolean).join(', ') || variant.sku || `variant ${index + 1}`;
  const at = `/variants/${index}`;
  // The dialog is closed while the form is sent, so its errors are shown at the button that opens it.
  const detailError = DETAILS.map((pointer) => errorOf(fieldId(`${at}/${pointer}`))).find(Boolean);
  const cell = (pointer: string, label: string, value: string, onText: (text: string) => void, extra: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <Cell id={fieldId(`${at}/${pointer}`)} label={`${label} of ${name}`} value={value} error={errorOf(fieldId(`${at}/${pointer}`))} onText={onText} {...extra} />
  );
  return (
    <tr>
      {optionNames.map((optionName, option) => (
        <td key={option}>
          {cell(`option_values/${option}`, optionName || `Option ${option + 1}`, variant.optionValues[option] ?? '', (text) => onChange({ optionValues: optionNames.map((_, other) => (other === option ? text : (variant.optionValues[other] ?? ''))) }))}
        </td>
      ))}
      <td>{cell('sku', 'SKU', variant.sku, (sku) => onChange({ sku }), { maxLength: 255 })}</td>
      <td>{cell('price', 'Price', variant.price, (price) => onChange({ price }), { inputMode: 'decimal', 'data-short': true } as InputHTMLAttributes<HTMLInputElement>)}</td>
      <td>{cell('compare_at_price', 'Former price', variant.compareAt, (compareAt) => onChange({ compareAt }), { inputMode: 'decimal', 'data-short': true } as InputHTMLAttributes<HTMLInputElement>)}</td>
      <td>
        {variant.isNew
          ? cell('stock', 'Initial stock', variant.stock, (stock) => onChange({ stock }), { inputMode: 'numeric', 'data-short': true } as InputHTMLAttributes<HTMLInputElement>)
          : <Link to={`/stock/${encodeURIComponent(variant.sku)}`} aria-label={`Stock of ${name}`}>Stock</Link>}
      </td>
      <td>
        <span className={styles.buttons}>
          <Button look="secondary" size="small" aria-label={`More about ${name}`} onClick={onDetails}>More…</Button>
          {onRemove && <Button look="quiet" size="small" aria-label={`Remove ${name}`} onClick={onRemove}>Remove</Button>}
        </span>
        {detailError && <span className={styles.error}>{detailError}</span>}
      </td>
    </tr>
  );
}

interface CellProps extends InputHTMLAttributes<HTMLInputElement> {
  id: string;
  label: string;
  error: string | undefined;
  onText: (text: string) => void;
}

function Cell({ id, label, error, onText, ...input }: CellProps) {
  return (
    <>
      <input
        {...input}
        id={id}
        className={inputClass}
        aria-label={label}
        autoComplete="off"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        onChange={(event) => onText(event.target.value)}
      />
      {error && <span id={`${id}-error`} className={styles.error}>{error}</span>}
    </>
  );
}
