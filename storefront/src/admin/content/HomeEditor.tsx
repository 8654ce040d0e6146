import { TextArea, TextField, type FieldError } from '../../components/Field';
import type { Language } from '../../messages/language';
import { Card } from '../components/Page';
import styles from './Content.module.css';
import { LanguageTabs } from '../components/LanguageTabs';
import { fieldId, languageOfField, type StorefrontForm } from './storefront-form';

interface HomeEditorProps {
  home: StorefrontForm['home'];
  language: Language;
  onLanguage: (language: Language) => void;
  errors: readonly FieldError[];
  onChange: (home: StorefrontForm['home']) => void;
}

/** Edits the texts at the top of the home page. */
export function HomeEditor({ home, language, onLanguage, errors, onChange }: HomeEditorProps) {
  const field = (name: 'title' | 'lead') => {
    const id = fieldId(`/home/${language}/${name}`);
    return {
      id,
      lang: language,
      value: home[language][name],
      error: errors.find((error) => error.field === id)?.message,
      onChange: (event: { target: { value: string } }) => onChange({ ...home, [language]: { ...home[language], [name]: event.target.value } }),
    };
  };
  const noteOf = (one: Language) => {
    if (errors.some((error) => error.field && languageOfField(error.field) === one)) return '(check)';
    return home[one].title.trim() ? '' : '(empty)';
  };
  return (
    <Card title="Home page">
      <p className={styles.soft}>The texts at the top. Visitors whose language is empty see that of the shop; without any text, there is a greeting.</p>
      <LanguageTabs label="Language of the home page" language={language} onChange={onLanguage} noteOf={noteOf}>
        <TextField {...field('title')} label="Heading" optional maxLength={120} />
        <TextArea {...field('lead')} label="Text below the heading" optional rows={3} maxLength={500} />
      </LanguageTabs>
    </Card>
  );
}
