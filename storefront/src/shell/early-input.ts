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
  /** The buttons and forms in the order in which they were used, each once: who presses twice means it once. */
  const actions = new Map<Element, () => void>();

  const keepText = (field: TextField) => texts.set(field, field.value);
  const keepChoice = (field: HTMLSelectElement | HTMLInputElement) => {
    if (field instanceof HTMLSelectElement) {
      const { value } = field;
      choices.set(field, () => choose(field, value));
      return;
    }
    // Of the choices among radio buttons, only the last one counts.
    if (field.type === 'radio') {
      for (const other of choices.keys()) if (other instanceof HTMLInputElement && other.type === 'radio' && other.name === field.name) choices.delete(other);
    }
    if (field.checked === field.defaultChecked) choices.delete(field);
    else choices.set(field, () => toggle(field));
  };
  const onInput = ({ target }: Event) => {
    if (isOf<TextField>(target, TEXTS)) keepText(target);
  };
  const onChange = ({ target }: Event) => {
    if (isOf<HTMLSelectElement | HTMLInputElement>(target, `select, ${TOGGLES}`)) keepChoice(target);
  };
  const onClick = ({ target }: Event) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button?.type === 'button') actions.set(button, () => button.click());
  };
  const onSubmit = (event: SubmitEvent) => {
    const { target: form } = event;
    if (!isOf<HTMLFormElement>(form, 'form:not([action])')) return;
    event.preventDefault();
    actions.set(form, () => form.requestSubmit());
  };

  // What was done before this script ran.
  for (const field of root.querySelectorAll<TextField>(TEXTS)) if (field.value !== field.defaultValue) keepText(field);
  for (const field of root.querySelectorAll<HTMLInputElement>(TOGGLES)) {
    // A radio button that another one has cleared is no choice.
    if (field.checked !== field.defaultChecked && (field.checked || field.type !== 'radio')) keepChoice(field);
  }
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
    const steps = [...[...texts].map(([field, value]) => () => enter(field, value)), ...choices.values(), ...actions.values()];
    // React draws what a step changes before the next one, as between two clicks of a visitor.
    const next = () => {
      const step = steps.shift();
      if (!step) return;
      step();
      queueMicrotask(next);
    };
    next();
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
