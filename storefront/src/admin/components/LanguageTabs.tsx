import { useId, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { LANGUAGES, type Language } from '../../messages/language';
import { LANGUAGE } from '../messages/en';
import styles from './LanguageTabs.module.css';

interface LanguageTabsProps {
  label: string;
  /** The languages to choose from; all by default. */
  languages?: readonly Language[];
  language: Language;
  onChange: (language: Language) => void;
  /** Says something about a language beside its name, such as that it is empty. */
  noteOf: (language: Language) => string;
  children: ReactNode;
}

const STEPS: Readonly<Record<string, (index: number) => number>> = {
  ArrowRight: (index) => index + 1,
  ArrowLeft: (index) => index - 1,
  Home: () => 0,
  End: () => -1,
};

/** Shows the fields of one language at a time. The arrow keys move between the languages. */
export function LanguageTabs({ label, languages = LANGUAGES, language, onChange, noteOf, children }: LanguageTabsProps) {
  const id = useId();
  const onKeyDown = (event: KeyboardEvent) => {
    const next = STEPS[event.key]?.(languages.indexOf(language));
    if (next === undefined) return;
    event.preventDefault();
    const chosen = languages.at(next % languages.length) ?? language;
    onChange(chosen);
    document.getElementById(`${id}-${chosen}`)?.focus();
  };
  return (
    <div className={styles.languages}>
      <div role="tablist" aria-label={label} className={styles.tabs}>
        {languages.map((one) => {
          const note = noteOf(one);
          return (
            <button
              key={one}
              type="button"
              role="tab"
              id={`${id}-${one}`}
              aria-selected={one === language}
              aria-controls={one === language ? `${id}-panel` : undefined}
              tabIndex={one === language ? 0 : -1}
              onClick={() => onChange(one)}
              onKeyDown={onKeyDown}
            >
              {LANGUAGE[one]}{note && <small> {note}</small>}
            </button>
          );
        })}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${language}`} className={styles.panel}>{children}</div>
    </div>
  );
}

/**
 * The language that tabs show. `onClickCapture` of the form opens the language of the field that a link of the error summary
 * leads to: a field that is not shown could not take the focus.
 */
export function useShownLanguage(first: Language, languageOfField: (id: string) => Language | null) {
  const [language, setLanguage] = useState(first);
  const onClickCapture = (event: MouseEvent) => {
    const link = (event.target as Element).closest('a[href^="#"]');
    const wanted = link && languageOfField(link.getAttribute('href')?.slice(1) ?? '');
    if (wanted) flushSync(() => setLanguage(wanted));
  };
  return { language, setLanguage, onClickCapture };
}
