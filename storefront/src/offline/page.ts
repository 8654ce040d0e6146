import '../styles/tokens.css';
import '../styles/base.css';
import './page.css';
import { preferredLanguage } from '../messages/language';
import { applyTheme, storedTheme } from '../shell/theme';

// The page stands at the address that could not be loaded, so that reloading it tries again.

applyTheme(storedTheme());

const language = preferredLanguage({ cookies: document.cookie, browser: navigator.languages }) ?? 'en';
document.documentElement.lang = language;
for (const section of document.querySelectorAll<HTMLElement>('main > section')) {
  section.hidden = section.lang !== language;
  if (section.hidden) continue;
  document.title = section.querySelector('h1')?.textContent ?? document.title;
  section.querySelector('button')?.addEventListener('click', () => window.location.reload());
}
