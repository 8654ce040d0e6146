import { Button } from '../../components/Button';
import { SelectField, TextField } from '../../components/Field';
import type { Oversell } from '../api/types';
import { CheckField } from '../components/CheckField';
import { Dialog } from '../components/Dialog';
import { FieldRow, pageStyles } from '../components/Page';
import { OVERSELL } from '../messages/en';
import { fieldId, type ProductForm, type VariantForm } from './product-form';

/** The members of a variant that this dialog shows. */
export const DETAILS: readonly string[] = ['weight_grams', 'image', 'oversell', 'cost', 'barcode', 'unit_measure/content', 'unit_measure/per', 'unit_measure'];

interface VariantDetailsProps {
  /** The position of the variant; null while closed. */
  index: number | null;
  form: ProductForm;
  errorOf: (field: string) => string | undefined;
  currency: string;
  onChange: (index: number, part: Partial<VariantForm>) => void;
  onClose: () => void;
}

/** Edits the fields that are set less often than the price. The changes are part of the form, and are saved with it. */
export function VariantDetails({ index, form, errorOf, currency, onChange, onClose }: VariantDetailsProps) {
  const variant = index === null ? undefined : form.variants[index];
  const title = variant?.optionValues.filter(Boolean).join(', ') || variant?.sku || 'Variant';
  return (
    <Dialog open={variant !== undefined} onClose={onClose} title={title}>
      {variant && index !== null && (
        <div className={`${pageStyles.dialogBody} ${pageStyles.stack}`}>
          <Fields variant={variant} index={index} form={form} errorOf={errorOf} currency={currency} change={(part) => onChange(index, part)} />
          <div className={pageStyles.actions}><Button onClick={onClose}>Done</Button></div>
        </div>
      )}
    </Dialog>
  );
}

interface FieldsProps extends Pick<VariantDetailsProps, 'form' | 'errorOf' | 'currency'> {
  variant: VariantForm;
  index: number;
  change: (part: Partial<VariantForm>) => void;
}

function Fields({ variant, index, form, errorOf, currency, change }: FieldsProps) {
  const id = (name: string) => fieldId(`/variants/${index}/${name}`);
  return (
    <>
      <FieldRow>
        <SelectField id={id('image')} label="Picture" value={variant.image} error={errorOf(id('image'))} onChange={(event) => change({ image: event.target.value })}>
          <option value="">None</option>
          {form.images.map(({ key, alt }, at) => <option key={key} value={key}>{`Picture ${at + 1}${alt ? `: ${alt}` : ''}`}</option>)}
        </SelectField>
        <SelectField id={id('oversell')} label="When none is left" value={variant.oversell} hint={OVERSELL[variant.oversell].text} onChange={(event) => change({ oversell: event.target.value as Oversell })}>
          {(Object.keys(OVERSELL) as Oversell[]).map((one) => <option key={one} value={one}>{OVERSELL[one].label}</option>)}
        </SelectField>
      </FieldRow>
      <FieldRow>
        <TextField id={id('weight_grams')} label="Weight in grams" optional hint="For delivery prices." inputMode="numeric" value={variant.weight} error={errorOf(id('weight_grams'))} onChange={(event) => change({ weight: event.target.value })} />
        <TextField id={id('cost')} label={`Cost in ${currency}`} optional hint="Only staff see it." inputMode="decimal" value={variant.cost} error={errorOf(id('cost'))} onChange={(event) => change({ cost: event.target.value })} />
        <TextField id={id('barcode')} label="Barcode" optional maxLength={64} value={variant.barcode} error={errorOf(id('barcode'))} onChange={(event) => change({ barcode: event.target.value })} />
      </FieldRow>
      <FieldRow>
        <TextField id={id('unit_measure-content')} label="Content" optional hint="Such as 250 g, for a price per kilogram." value={variant.content} error={errorOf(id('unit_measure-content'))} onChange={(event) => change({ content: event.target.value })} />
        <TextField id={id('unit_measure-per')} label="Unit price for" optional hint="Such as 1 kg." value={variant.per} error={errorOf(id('unit_measure-per'))} onChange={(event) => change({ per: event.target.value })} />
      </FieldRow>
      <CheckField checked={variant.requiresShipping} onChange={(event) => change({ requiresShipping: event.target.checked })}>Is shipped. Switch it off for digital goods and services.</CheckField>
    </>
  );
}
