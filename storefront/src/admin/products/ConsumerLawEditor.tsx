import { SelectField, TextArea, TextField } from '../../components/Field';
import type { WithdrawalException } from '../api/types';
import { Card, FieldRow } from '../components/Page';
import { WITHDRAWAL_EXCEPTION } from '../messages/en';
import type { EditorProps } from './ImagesEditor';
import { fieldId } from './product-form';
import styles from './Products.module.css';
import { OPERATORS, type OperatorForm, type SafetyForm } from './safety-form';

const EXCEPTIONS = Object.keys(WITHDRAWAL_EXCEPTION) as WithdrawalException[];

/** Edits what the law wants in the offer of a product: exceptions from the right of withdrawal, and safety information. */
export function ConsumerLawEditor({ form, set, errorOf }: EditorProps) {
  const { withdrawalException: exception, safety } = form;
  const setSafety = (part: Partial<SafetyForm>) => set((now) => ({ safety: { ...now.safety, ...part } }));
  return (
    <Card title="Consumer law and safety">
      <SelectField
        id={fieldId('/withdrawal_exception')}
        label="Right of withdrawal"
        value={exception}
        hint={exception ? WITHDRAWAL_EXCEPTION[exception].text : 'Consumers in the EU can withdraw within 14 days, without a reason.'}
        error={errorOf(fieldId('/withdrawal_exception'))}
        onChange={(event) => set({ withdrawalException: event.target.value as WithdrawalException | '' })}
      >
        <option value="">Applies without exception</option>
        {EXCEPTIONS.map((one) => <option key={one} value={one}>{`Exception: ${WITHDRAWAL_EXCEPTION[one].label.toLowerCase()}`}</option>)}
      </SelectField>
      <details className={styles.meanings}>
        <summary>Which exceptions are there?</summary>
        <dl>
          {EXCEPTIONS.map((one) => <div key={one}><dt>{WITHDRAWAL_EXCEPTION[one].label}</dt><dd>{WITHDRAWAL_EXCEPTION[one].text}</dd></div>)}
        </dl>
        <p>The exception is shown on the product page, at the checkout and in the form for withdrawals. It holds for orders placed from then on.</p>
      </details>
      {OPERATORS.map(({ key, pointer, label }) => (
        <Operator
          key={key}
          pointer={pointer}
          label={label}
          operator={safety[key]}
          errorOf={errorOf}
          onChange={(part) => set((now) => ({ safety: { ...now.safety, [key]: { ...now.safety[key], ...part } } }))}
        />
      ))}
      <TextArea id={fieldId('/safety/warnings')} label="Warnings and safety information" optional hint="In the language of your customers, as on the product or its package." rows={4} maxLength={5000} value={safety.warnings} error={errorOf(fieldId('/safety/warnings'))} onChange={(event) => setSafety({ warnings: event.target.value })} />
    </Card>
  );
}

interface OperatorProps extends Pick<EditorProps, 'errorOf'> {
  pointer: string;
  label: string;
  operator: OperatorForm;
  onChange: (part: Partial<OperatorForm>) => void;
}

function Operator({ pointer, label, operator, errorOf, onChange }: OperatorProps) {
  const field = (name: keyof OperatorForm) => ({
    id: fieldId(`${pointer}/${name}`),
    value: operator[name],
    error: errorOf(fieldId(`${pointer}/${name}`)),
    onChange: (event: { target: { value: string } }) => onChange({ [name]: event.target.value }),
  });
  return (
    <fieldset className={styles.operator}>
      <legend>{label}</legend>
      <FieldRow>
        <TextField {...field('name')} label="Name" optional hint="The company's name or registered trade name." maxLength={255} />
        <TextField {...field('contact')} label="Email or web page" optional hint="Such as safety@example.com." maxLength={255} />
      </FieldRow>
      <TextArea {...field('address')} label="Postal address" optional rows={3} maxLength={500} />
    </fieldset>
  );
}
