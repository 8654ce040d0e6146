import { cookieOf, keepCookie } from '../components/cookies';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The cookie of the visitor's choice. The server reads it as well, so that the first view has its colours. */
const THEME_COOKIE = 'theme';

export function storedTheme(): Theme {
  const stored = cookieOf(document.cookie, THEME_COOKIE);
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** Shows the page in a theme. The colours are in tokens.css. */
export function applyTheme(theme: Theme): void {
  const { documentElement: root } = document;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  // The colour of the browser's own frame; its two tags are for the two schemes of the system.
  const tags = document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]');
  for (const tag of tags) {
    tag.dataset.initial ??= tag.content;
    tag.content = theme === 'system' ? tag.dataset.initial : getComputedStyle(root).getPropertyValue('--ground').trim() || tag.dataset.initial;
  }
}

export function chooseTheme(theme: Theme): void {
  document.cookie = keepCookie(THEME_COOKIE, theme);
  applyTheme(theme);
}
