import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { Button } from '../../components/Button';
import { SelectField } from '../../components/Field';
import { useToasts } from '../../components/Toasts';
import { ActionDialog } from '../components/Dialog';
import { counted } from '../components/formats';
import { Card, pageStyles } from '../components/Page';
import { countriesOf, countryChoices, EUROPEAN_UNION, fillIn, refusalOf, replaceRates, reportOf, SOURCE, type FilledIn } from './standard-rates';
import { countryName, type TaxRow } from './tax-form';
import styles from './Taxes.module.css';

const FIELD = 'fill-in-country';

interface FillInRatesProps {
  rows: readonly TaxRow[];
  onChange: (rows: TaxRow[]) => void;
}

/** Fills standard rates into the table, which is saved as always. Asks before it replaces what was entered. */
export function FillInRates({ rows, onChange }: FillInRatesProps) {
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const own = shop?.country ?? '';
  const [chosen, setChosen] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [asked, setAsked] = useState<FilledIn | null>(null);
  const choice = chosen ?? own;
  const fill = () => {
    const reason = refusalOf(choice);
    setRefusal(reason);
    if (reason) {
      // The reason is read with the field, which has to be changed.
      document.getElementById(FIELD)?.focus();
      return;
    }
    const filled = fillIn(rows, countriesOf(choice), new Date());
    onChange(filled.rows);
    if (filled.differences.length > 0) setAsked(filled);
    else notify({ text: reportOf(filled, false) });
  };
  const answer = (filled: FilledIn, replace: boolean) => {
    setAsked(null);
    if (replace) onChange(replaceRates(filled.rows, filled.differences));
    notify({ text: reportOf(filled, replace) });
  };
  return (
    <Card title="Fill in standard rates">
      <SelectField
        id={FIELD}
        label="Country"
        value={choice}
        error={refusal ?? undefined}
        onChange={(event) => {
          setChosen(event.target.value);
          setRefusal(null);
        }}
      >
        {choice === '' && <option value="">Choose a country</option>}
        <option value={EUROPEAN_UNION}>All countries of the European Union</option>
        {countryChoices(own).map(({ code, name }) => <option key={code} value={code}>{name}</option>)}
      </SelectField>
      <div className={pageStyles.actions}>
        <Button look="secondary" onClick={fill}>Fill in</Button>
      </div>
      <p className={pageStyles.soft}>
        This enters the class standard only: add reduced rates yourself. The rates are those of{' '}
        <a href={SOURCE.url} target="_blank" rel="noreferrer">{SOURCE.name}<span className="visually-hidden"> (opens in a new tab)</span></a>, and
        may be wrong or out of date. Check them with your tax office before you save, also for regions with rates of their own, such as the Canary Islands.
      </p>
      {asked && (
        <ActionDialog
          open
          onClose={() => answer(asked, false)}
          title={`Replace ${counted(asked.differences.length, 'rate')}?`}
          action="Replace"
          keep="Keep what I entered"
          busy={false}
          errors={[]}
          onSubmit={() => answer(asked, true)}
        >
          <p>These rates of the class standard differ from {SOURCE.name}:</p>
          <ul className={styles.differences}>
            {asked.differences.map(({ key, country, from, to }) => <li key={key}>{countryName(country)}: from {from} % to {to} %</li>)}
          </ul>
        </ActionDialog>
      )}
    </Card>
  );
}
