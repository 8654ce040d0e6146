type FormField = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const FIELDS = 'input, select, textarea';

function isEdited(field: FormField): boolean {
  // A browser selects the first option where the document selects none.
  if (field instanceof HTMLSelectElement) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return isToggle(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function isToggle(field: FormField): field is HTMLInputElement {
  return field instanceof HTMLInputElement && (field.type === 'checkbox' || field.type === 'radio');
}

/**
 * Remembers what visitors enter in the first view before React has taken over its fields, since React then sets them to its own
 * state. The returned function enters it again.
 */
export function keepEarlyInput(root: HTMLElement): () => void {
  const values = new Map<FormField, string>();
  const keep = (field: FormField) => values.set(field, isToggle(field) ? String(field.checked) : field.value);
  for (const field of root.querySelectorAll<FormField>(FIELDS)) if (isEdited(field)) keep(field);
  const onInput = ({ target }: Event) => {
    if (target instanceof Element && target.matches(FIELDS)) keep(target as FormField);
  };
  root.addEventListener('input', onInput);
  return () => {
    root.removeEventListener('input', onInput);
    for (const [field, value] of values) if (field.isConnected) enter(field, value);
  };
}

/** Changes a field as a visitor does, so that React notices it: it ignores events of fields whose value it has set. */
function enter(field: FormField, value: string): void {
  if (isToggle(field)) {
    const isOn = value === 'true';
    field.checked = !isOn;
    field.click();
    return;
  }
  const { prototype } = field.constructor as { prototype: FormField };
  if (!(field instanceof HTMLSelectElement)) field.value = '';
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, value);
  field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? 'change' : 'input', { bubbles: true }));
}
