type TextField = HTMLInputElement | HTMLTextAreaElement;

export interface EarlyInput {
  /** Stops recording what React handles from now on: it attends to clicks while it takes over. */
  stopClicks: () => void;
  /** Does again what was done, with elements that React knows. */
  repeat: () => void;
  /** Forgets what was done. */
  discard: () => void;
}

const TOGGLES = 'input[type=checkbox], input[type=radio]';
const TEXTS = `input:not([type=checkbox], [type=radio]), textarea`;

function isOf<T extends Element>(target: EventTarget | null, selector: string): target is T {
  return target instanceof Element && target.matches(selector);
}

/**
 * Remembers what visitors do with the first view before React has taken it over. React would set its fields to its own state,
 * and its buttons do nothing yet. Links, and forms with an action of their own, work without it.
 */
export function keepEarlyInput(root: HTMLElement): EarlyInput {
  const texts = new Map<TextField, string>();
  const choices = new Map<HTMLSelectElement | HTMLInputElement, () => void>();
  let last: (() => void) | null = null;

  const keepText = (field: TextField) => texts.set(field, field.value);
  const keepChoice = (field: HTMLSelectElement | HTMLInputElement) => {
    const { value } = field;
    choices.set(field, field instanceof HTMLSelectElement ? () => choose(field, value) : () => toggle(field));
  };
  const onInput = ({ target }: Event) => {
    if (isOf<TextField>(target, TEXTS)) keepText(target);
  };
  const onChange = ({ target }: Event) => {
    if (isOf<HTMLSelectElement | HTMLInputElement>(target, `select, ${TOGGLES}`)) keepChoice(target);
  };
  const onClick = ({ target }: Event) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button?.type === 'button') last = () => button.click();
  };
  const onSubmit = (event: SubmitEvent) => {
    const { target: form } = event;
    if (!isOf<HTMLFormElement>(form, 'form:not([action])')) return;
    event.preventDefault();
    last = () => form.requestSubmit();
  };

  // What was done before this script ran.
  for (const field of root.querySelectorAll<TextField>(TEXTS)) if (field.value !== field.defaultValue) keepText(field);
  for (const field of root.querySelectorAll<HTMLInputElement>(TOGGLES)) if (field.checked !== field.defaultChecked) keepChoice(field);
  for (const field of root.querySelectorAll('select')) if (isChosen(field)) keepChoice(field);
  root.addEventListener('input', onInput);
  root.addEventListener('change', onChange);
  root.addEventListener('click', onClick);
  root.addEventListener('submit', onSubmit);

  const stopClicks = () => {
    root.removeEventListener('change', onChange);
    root.removeEventListener('click', onClick);
    root.removeEventListener('submit', onSubmit);
  };
  const discard = () => {
    stopClicks();
    root.removeEventListener('input', onInput);
  };
  const repeat = () => {
    discard();
    for (const [field, value] of texts) enter(field, value);
    for (const repeatChoice of choices.values()) repeatChoice();
    last?.();
  };
  return { stopClicks, repeat, discard };
}

function isChosen({ options, selectedIndex }: HTMLSelectElement): boolean {
  // A browser selects the first option where the document selects none.
  return selectedIndex !== Math.max(0, [...options].findIndex((option) => option.defaultSelected));
}

function toggle(field: HTMLInputElement): void {
  field.checked = field.defaultChecked;
  field.click();
}

function choose(field: HTMLSelectElement, value: string): void {
  field.value = value;
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Enters a text as a visitor does. React ignores events of a field with the value that it knows, so the field is empty before. */
function enter(field: TextField, value: string): void {
  field.value = '';
  const prototype = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  // React watches the property of the element itself.
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, value);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
