import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useShop } from '../../api/catalogue';
import { Button } from '../../components/Button';
import { ErrorSummary, inputClass } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { Callout, Failure, Loading, Skeleton } from '../../components/States';
import type { TaxRates } from '../api/types';
import { useChange } from '../api/use-command';
import { Card, Page, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { FillInRates } from './FillInRates';
import { checkRates, countryName, emptyRate, fieldId, rateName, taxRates, taxRows, type TaxRow } from './tax-form';
import styles from './Taxes.module.css';

export default function TaxesPage() {
  const rates = useQuery<TaxRates>({ queryKey: ['/api/v1/tax-rates'] });
  return (
    <Page title="Taxes" description="The rate of the class standard also applies to delivery, and to classes without a rate in the country. Without it, no tax is charged there.">
      {rates.isPending && <Loading label="Loading tax rates"><Skeleton height="24rem" /></Loading>}
      {rates.isError && !rates.data && <Failure error={rates.error} onRetry={() => void rates.refetch()} title="The tax rates couldn't be loaded" />}
      {rates.data && <RatesForm stored={taxRows(rates.data.items)} />}
    </Page>
  );
}

function RatesForm({ stored }: { stored: TaxRow[] }) {
  const can = useCan();
  const { data: shop } = useShop();
  const [rows, setRows] = useState(stored);
  const [base, setBase] = useState(stored);
  const save = useChange<TaxRates, TaxRates>((body) => ({ method: 'put', path: '/api/v1/tax-rates', body }), ['/api/v1/tax-rates']);
  const form = useSubmit(save, {
    fields: fieldId,
    done: 'The tax rates are saved.',
    onDone: ({ items }) => {
      const next = taxRows(items);
      setRows((now) => (now === rows ? next : now));
      setBase(next);
    },
  });
  const readOnly = !can('taxes:write');
  const dirty = JSON.stringify(rows.map(({ key: _key, ...row }) => row)) !== JSON.stringify(base.map(({ key: _key, ...row }) => row));
  const change = (key: string, part: Partial<TaxRow>) => setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit({ items: taxRates(rows) }, checkRates(rows));
  };
  return (
    <>
      <UnsavedGuard dirty={dirty} />
      {!readOnly && <FillInRates rows={rows} onChange={setRows} />}
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        {rows.length === 0 && <Callout kind="warn">There is no tax rate yet: the shop sells without tax.</Callout>}
        <ErrorSummary errors={form.errors} />
        <fieldset disabled={readOnly}>
          <legend className="visually-hidden">Tax rates</legend>
          <Card
            title="Tax rates"
            actions={!readOnly && <Button look="secondary" size="small" onClick={() => setRows([...rows, emptyRate(shop?.country ?? '')])}>Add rate</Button>}
          >
            {/* A wide table scrolls by itself, and the keyboard must reach what is outside. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <div className={styles.scroll} role="group" aria-label="Tax rates table" tabIndex={0}>
              <table className={styles.table}>
                <caption className="visually-hidden">Tax rates by country and class</caption>
                <thead>
                  <tr><th scope="col">Country</th><th scope="col">Class</th><th scope="col">Percentage</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr>
                </thead>
                <tbody>
                  {rows.map((row, index) => <RateRow key={row.key} index={index} row={row} errorOf={form.errorOf} onChange={(part) => change(row.key, part)} onRemove={() => setRows(rows.filter(({ key }) => key !== row.key))} />)}
                </tbody>
              </table>
            </div>
          </Card>
        </fieldset>
        {!readOnly && <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setRows(base)} />}
      </form>
    </>
  );
}

interface RateRowProps {
  index: number;
  row: TaxRow;
  errorOf: (field: string) => string | undefined;
  onChange: (part: Partial<TaxRow>) => void;
  onRemove: () => void;
}

function RateRow({ index, row, errorOf, onChange, onRemove }: RateRowProps) {
  const { country, taxClass, percent } = row;
  const name = rateName(row);
  const field = (property: 'country' | 'class' | 'rate', label: string, value: string, onText: (text: string) => void) => {
    const id = fieldId(`/items/${index}/${property}`);
    return (
      <input
        id={id}
        className={inputClass}
        aria-label={`${label} of ${name}`}
        aria-invalid={errorOf(id) ? true : undefined}
        autoComplete="off"
        inputMode={property === 'rate' ? 'decimal' : 'text'}
        maxLength={property === 'country' ? 2 : 60}
        value={value}
        onChange={(event) => onText(event.target.value)}
      />
    );
  };
  return (
    <tr>
      <td><span className={styles.country}>{field('country', 'Country', country, (text) => onChange({ country: text }))}<span>{countryName(country)}</span></span></td>
      <td>{field('class', 'Class', taxClass, (text) => onChange({ taxClass: text }))}</td>
      <td>{field('rate', 'Percentage', percent, (text) => onChange({ percent: text }))}</td>
      <td className={styles.remove}><Button look="quiet" size="small" aria-label={`Remove ${name}`} onClick={onRemove}><span>Remove</span><Icon name="close" size={18} /></Button></td>
    </tr>
  );
}
