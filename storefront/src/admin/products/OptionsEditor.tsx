import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Card } from '../components/Page';
import type { EditorProps } from './ImagesEditor';
import { fieldId, MAX_OPTIONS } from './product-form';
import styles from './Products.module.css';

/** Edits the options that customers choose between. The values of an option are those of the variants. */
export function OptionsEditor({ form: { optionNames, variants }, set, errorOf }: EditorProps) {
  const add = () => set({
    optionNames: [...optionNames, ''],
    variants: variants.map((variant) => ({ ...variant, optionValues: [...variant.optionValues, ''] })),
  });
  const remove = (index: number) => set({
    optionNames: optionNames.filter((_, at) => at !== index),
    variants: variants.map((variant) => ({ ...variant, optionValues: variant.optionValues.filter((_, at) => at !== index) })),
  });
  return (
    <Card title="Options">
      <p className={styles.soft}>For a product in several sizes or colours, name what customers choose, such as Size. Then enter each variant below.</p>
      {optionNames.map((name, index) => (
        <div key={index} className={styles.option}>
          <TextField id={fieldId(`/options/${index}/name`)} label={`Option ${index + 1}`} required maxLength={255} value={name} error={errorOf(fieldId(`/options/${index}/name`))} onChange={(event) => set({ optionNames: optionNames.map((one, at) => (at === index ? event.target.value : one)) })} />
          <Button look="quiet" aria-label={`Remove option ${index + 1}`} onClick={() => remove(index)}>Remove</Button>
        </div>
      ))}
      {optionNames.length < MAX_OPTIONS && <div><Button look="secondary" size="small" onClick={add}>Add option</Button></div>}
    </Card>
  );
}
