import { useState } from 'react';
import { useShop } from '../../../api/catalogue';
import { useDebounced } from '../../../components/debounced';
import { SelectField, TextField, type FieldError } from '../../../components/Field';
import { Failure, Loading, Skeleton } from '../../../components/States';
import { parseMajor } from '../../../money/money';
import { CheckField } from '../../components/CheckField';
import { ActionDialog } from '../../components/Dialog';
import { counted } from '../../components/formats';
import { parsePercent } from '../../components/numbers';
import { FieldRow, pageStyles } from '../../components/Page';
import type { BulkItem } from './bulk-run';
import type { PriceChange } from './price-change';
import { previewOf, previewText } from './price-preview';
import { PriceTable } from './PriceTable';
import type { BulkTask } from './use-bulk-run';
import { useDrafts } from './use-drafts';

interface PriceDialogProps {
  items: readonly BulkItem[];
  onStart: (task: BulkTask) => void;
  onClose: () => void;
}

const VALUE = 'bulk-price-value';

/** Changes the prices of several products by a percentage or an amount, with a preview of each price. */
export function PriceDialog({ items, onStart, onClose }: PriceDialogProps) {
  const { data: shop } = useShop();
  const currency = shop?.currency ?? '';
  const drafts = useDrafts(items);
  const [direction, setDirection] = useState<PriceChange['direction']>('reduce');
  const [by, setBy] = useState<PriceChange['by']>('percent');
  const [text, setText] = useState('');
  const [showFormer, setShowFormer] = useState(false);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const value = by === 'percent' ? parsePercent(text) : parseMajor(text, currency);
  const change: PriceChange | null = value ? { direction, by, value, showFormer } : null;
  const preview = drafts.data && previewOf(drafts.data, change);
  const summary = useDebounced(preview && change ? previewText(preview) : '', 700);
  const submit = () => {
    const problem = errorOf(by, currency, change, preview);
    setErrors(problem ? [{ field: VALUE, message: problem }] : []);
    if (problem || !preview) return;
    const changed = items.filter(({ handle }) => preview.plans.has(handle));
    const amount = by === 'percent' ? `${text.trim()} %` : `${text.trim()} ${currency}`;
    onStart({
      title: `${direction === 'reduce' ? 'Reduce' : 'Raise'} the prices of ${counted(changed.length, 'product')} by ${amount}`,
      items: changed,
      change: { kind: 'prices', plans: preview.plans },
    });
  };
  return (
    <ActionDialog open size="wide" onClose={onClose} title={`Change the prices of ${counted(items.length, 'product')}`} action="Change prices" busy={false} errors={errors} onSubmit={submit}>
      <FieldRow>
        <SelectField id="bulk-price-direction" label="Change" value={direction} onChange={(event) => setDirection(event.target.value as PriceChange['direction'])}>
          <option value="reduce">Reduce</option>
          <option value="raise">Raise</option>
        </SelectField>
        <SelectField id="bulk-price-by" label="By" value={by} onChange={(event) => setBy(event.target.value as PriceChange['by'])}>
          <option value="percent">Percentage</option>
          <option value="amount">Amount</option>
        </SelectField>
        <TextField id={VALUE} label={by === 'percent' ? 'Percent' : `Amount in ${currency}`} required inputMode="decimal" autoComplete="off" value={text} error={errors[0]?.message} onChange={(event) => setText(event.target.value)} />
      </FieldRow>
      {by === 'percent' && (
        <p className={pageStyles.soft}>
          New prices are rounded to the smallest unit of {currency}. An exact half is rounded to the even neighbour: 12.5 becomes 12, and 13.5 becomes 14.
        </p>
      )}
      {direction === 'reduce' && (
        <CheckField checked={showFormer} onChange={(event) => setShowFormer(event.target.checked)}>
          Show the present price as the former price. Otherwise former prices stay as they are. If the shop knows the lowest price of
          the 30 days before the reduction, customers see that one.
        </CheckField>
      )}
      <p role="status">{summary}</p>
      {preview && <PriceTable rows={preview.rows} currency={currency} isEntered={change !== null} />}
      {drafts.isPending && <Loading label="Loading prices"><Skeleton height="12rem" /></Loading>}
      {drafts.isError && <Failure error={drafts.error} onRetry={() => void drafts.refetch()} title="The prices couldn't be loaded" />}
    </ActionDialog>
  );
}

function errorOf(by: PriceChange['by'], currency: string, change: PriceChange | null, preview: ReturnType<typeof previewOf> | undefined): string | null {
  if (!change) return by === 'percent' ? 'Enter a percentage above 0, up to 100, such as 15 or 7.5.' : `Enter an amount in ${currency} above 0.`;
  if (!preview) return 'Wait until the prices are loaded.';
  return preview.prices === 0 ? 'No price would change.' : null;
}
