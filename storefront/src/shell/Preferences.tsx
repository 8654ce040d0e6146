import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { reloadCart } from '../api/cart';
import { messageOf } from '../api/problem';
import { useToasts } from '../components/Toasts';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../messages/language';
import { chooseLanguage, useMessages } from '../messages/messages';
import styles from './Preferences.module.css';
import { chooseTheme, storedTheme, THEMES, type Theme } from './theme';

/** The choices of the visitor that hold for every page: language and theme. */
export function Preferences() {
  return (
    <div className={styles.preferences}>
      <LanguageChoice />
      <ThemeChoice />
    </div>
  );
}

function LanguageChoice() {
  const t = useMessages();
  const { notify } = useToasts();
  const client = useQueryClient();
  const onChoose = (language: Language) => {
    // The language that is shown counts as well: another one may be loading.
    chooseLanguage(language)
      .then(() => reloadCart(client))
      .catch((error: unknown) => notify({ kind: 'problem', text: messageOf(error, t) }));
  };
  return (
    <div role="group" aria-labelledby="language-choice" className={styles.group}>
      <span id="language-choice">{t.shell.language}</span>
      <ul className={styles.options}>
        {LANGUAGES.map((language) => (
          <li key={language}>
            <button type="button" lang={language} aria-pressed={language === t.language} onClick={() => onChoose(language)}>
              {LANGUAGE_NAMES[language]}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ThemeChoice() {
  const t = useMessages();
  const [chosen, setChosen] = useState<Theme>(storedTheme);
  const onChoose = (theme: Theme) => {
    setChosen(theme);
    chooseTheme(theme);
  };
  return (
    <div role="group" aria-labelledby="theme-choice" className={styles.group}>
      <span id="theme-choice">{t.shell.theme}</span>
      <ul className={styles.options}>
        {THEMES.map((theme) => (
          <li key={theme}>
            <button type="button" aria-pressed={theme === chosen} onClick={() => onChoose(theme)}>{t.shell.themes[theme]}</button>
          </li>
        ))}
      </ul>
    </div>
  );
}
