import { SelectField, TextField } from '../../components/Field';
import type { MenuTarget } from '../../api/types';
import { FieldRow } from '../components/Page';
import { MENU_TARGET } from '../messages/en';
import type { Choice, MenuChoices } from './menu-choices';
import { fieldId, type ItemForm } from './storefront-form';
import { TextsFields } from './TextsFields';

const KINDS = Object.keys(MENU_TARGET) as MenuTarget['kind'][];

interface MenuItemFieldsProps {
  item: ItemForm;
  /** The JSON pointer of the item, such as `/header_menu/0`. */
  pointer: string;
  choices: MenuChoices;
  errorOf: (field: string) => string | undefined;
  onChange: (part: Partial<ItemForm>) => void;
}

/** Edits the destination and the label of an item. */
export function MenuItemFields({ item, pointer, choices, errorOf, onChange }: MenuItemFieldsProps) {
  const kindId = fieldId(`${pointer}/target/kind`);
  const handleId = fieldId(`${pointer}/target/handle`);
  const urlId = fieldId(`${pointer}/target/url`);
  return (
    <>
      <FieldRow>
        <SelectField id={kindId} label="Leads to" value={item.kind} error={errorOf(kindId)} onChange={(event) => onChange({ kind: event.target.value as MenuTarget['kind'] })}>
          {KINDS.map((kind) => <option key={kind} value={kind}>{MENU_TARGET[kind]}</option>)}
        </SelectField>
        {(item.kind === 'category' || item.kind === 'page') && (
          <DestinationField
            id={handleId}
            label={item.kind === 'category' ? 'Category' : 'Page'}
            value={item[item.kind]}
            options={(item.kind === 'category' ? choices.categories : choices.pages) ?? []}
            error={errorOf(handleId)}
            onChange={(handle) => onChange({ [item.kind]: handle })}
          />
        )}
        {item.kind === 'link' && (
          <TextField id={urlId} label="Link" required inputMode="url" maxLength={500} hint="A path such as /search?q=mug, or https://…" value={item.url} error={errorOf(urlId)} onChange={(event) => onChange({ url: event.target.value })} />
        )}
      </FieldRow>
      <TextsFields
        pointer={`${pointer}/labels`}
        legend="Label"
        {...(item.kind !== 'link' && { hint: 'Empty for the name of what it leads to.' })}
        maxLength={60}
        texts={item.labels}
        errorOf={errorOf}
        onChange={(labels) => onChange({ labels })}
      />
    </>
  );
}

interface DestinationFieldProps {
  id: string;
  label: string;
  value: string;
  options: readonly Choice[];
  error: string | undefined;
  onChange: (handle: string) => void;
}

function DestinationField({ id, label, value, options, error, onChange }: DestinationFieldProps) {
  // Deleted, or not loaded yet.
  const isUnknown = value !== '' && !options.some(({ handle }) => handle === value);
  return (
    <SelectField id={id} label={label} value={value} error={error} onChange={(event) => onChange(event.target.value)}>
      <option value="">Choose…</option>
      {isUnknown && <option value={value}>{value}</option>}
      {options.map(({ handle, name }) => <option key={handle} value={handle}>{name}</option>)}
    </SelectField>
  );
}
