import { inputClass } from '../../components/Field';
import styles from './QuantityFields.module.css';

interface QuantityChoice {
  sku: string;
  title: string;
  max: number;
}

interface QuantityFieldsProps {
  prefix: string;
  legend: string;
  choices: readonly QuantityChoice[];
  quantities: Readonly<Record<string, number>>;
  onChange: (quantities: Record<string, number>) => void;
}

/** A number of units for each item, up to those that there are. */
export function QuantityFields({ prefix, legend, choices, quantities, onChange }: QuantityFieldsProps) {
  return (
    <fieldset className={styles.quantities}>
      <legend>{legend}</legend>
      {choices.map(({ sku, title, max }, index) => (
        <div key={sku}>
          <label htmlFor={`${prefix}-${index}`}>{title} <span>of {max}</span></label>
          <input
            id={`${prefix}-${index}`}
            className={inputClass}
            type="number"
            inputMode="numeric"
            min={0}
            max={max}
            value={quantities[sku] ?? 0}
            onChange={(event) => onChange({ ...quantities, [sku]: clamp(event.target.value, max) })}
          />
        </div>
      ))}
    </fieldset>
  );
}

function clamp(text: string, max: number): number {
  const quantity = Number.parseInt(text, 10);
  return Number.isNaN(quantity) ? 0 : Math.max(0, Math.min(quantity, max));
}
