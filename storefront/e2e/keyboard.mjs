// Working with the keyboard alone: nothing here uses a pointer or sets the focus by script.

const MAX_TABS = 300;

export function keyboard(page) {
  /** Returns the accessible name of the focused element, near enough for these scripts. */
  const focusedName = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      const label = element.labels?.length ? [...element.labels].map((one) => one.textContent).join(' ') : element.textContent;
      return (element.getAttribute('aria-label') ?? label).trim().replaceAll(/\s+/g, ' ');
    });

  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  const move = async (key, name) => {
    for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
      await page.keyboard.press(key);
      if ((await focusedName()).startsWith(name)) return;
    }
    throw new Error(`${key} does not reach "${name}"`);
  };

  return {
    press,
    focusedName,
    type: (text) => page.keyboard.type(text),
    /** Presses Tab until the element whose name begins with `name` has the focus. */
    tabTo: (name) => move('Tab', name),
    /** The same in the other direction. */
    tabBackTo: (name) => move('Shift+Tab', name),
    /** Replaces what is in the focused text field. */
    async replace(text) {
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
    },
  };
}
