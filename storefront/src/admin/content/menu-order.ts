interface Keyed {
  key: string;
}

type Step = -1 | 1;

/** The ids of the buttons of an item in a list. */
export function buttonId(key: string, button: 'up' | 'down' | 'remove'): string {
  return `${key}-${button}`;
}

/**
 * Returns the id of the button that takes the focus after an item was moved: the same one, to move it further, unless the item
 * has come to the end, where that button is disabled.
 */
export function focusAfterMove(items: readonly Keyed[], index: number, step: Step): string {
  const key = items[index]?.key ?? '';
  const place = index + step;
  if (step === -1) return buttonId(key, place === 0 ? 'down' : 'up');
  return buttonId(key, place === items.length - 1 ? 'up' : 'down');
}

/** Returns the id of the button that takes the focus after an item was removed: that of the next item, or of the last one. */
export function focusAfterRemoval(items: readonly Keyed[], index: number, addButton: string): string {
  const next = items[index + 1] ?? items[index - 1];
  return next ? buttonId(next.key, 'remove') : addButton;
}
