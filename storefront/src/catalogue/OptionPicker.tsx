import type { Product, Variant } from '../api/types';
import { useMessages } from '../messages/messages';
import { colourOf } from './colours';
import styles from './OptionPicker.module.css';
import { afterChoice, stateOfChoice } from './variants';

interface OptionPickerProps {
  product: Product;
  variant: Variant;
  onChoose: (variant: Variant) => void;
}

/** One group of radio buttons per option. Unavailable values can still be selected, to show why. */
export function OptionPicker({ product, variant, onChoose }: OptionPickerProps) {
  const t = useMessages();
  if (product.options.length === 0) return null;
  const chosen = variant.option_values;
  return (
    <div className={styles.options}>
      {product.options.map((option, index) => (
        <fieldset key={option.name}>
          <legend>
            {option.name}: <span className={styles.chosen}>{chosen[index]}</span>
          </legend>
          <div className={styles.values}>
            {option.values.map((value) => {
              const state = stateOfChoice(product, chosen, index, value);
              const colour = colourOf(option.name, value);
              return (
                <label key={value} className={styles.value} data-state={state}>
                  <input
                    type="radio"
                    name={`option-${index}`}
                    checked={chosen[index] === value}
                    onChange={() => {
                      const next = afterChoice(product, chosen, index, value);
                      if (next) onChoose(next);
                    }}
                  />
                  <span>
                    {colour && <span className={styles.swatch} style={{ background: colour }} />}
                    {value}
                    <span className="visually-hidden">{t.product.choice[state]}</span>
                  </span>
                </label>
              );
            })}
          </div>
        </fieldset>
      ))}
    </div>
  );
}
