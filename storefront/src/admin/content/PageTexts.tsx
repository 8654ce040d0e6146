import { TextArea, TextField, type FieldError } from '../../components/Field';
import type { Language } from '../../messages/language';
import type { PageText } from '../api/types';
import { Card } from '../components/Page';
import { HtmlPreview } from './HtmlPreview';
import { LanguageTabs } from '../components/LanguageTabs';
import { fieldId, isWritten, languageOfField, type PageForm } from './page-form';

interface PageTextsProps {
  form: PageForm;
  language: Language;
  onLanguage: (language: Language) => void;
  errors: readonly FieldError[];
  onChange: (language: Language, part: Partial<PageText>) => void;
}

/** Edits a page in one language at a time, with a preview. */
export function PageTexts({ form, language, onLanguage, errors, onChange }: PageTextsProps) {
  const text = form.texts[language];
  const field = (name: keyof PageText) => {
    const id = fieldId(`/texts/${language}/${name}`);
    return {
      id,
      lang: language,
      value: text[name],
      error: errors.find((error) => error.field === id)?.message,
      onChange: (event: { target: { value: string } }) => onChange(language, { [name]: event.target.value }),
    };
  };
  const noteOf = (one: Language) => {
    if (errors.some((error) => error.field && languageOfField(error.field) === one)) return '(check)';
    return isWritten(form.texts[one]) ? '' : '(empty)';
  };
  return (
    <Card title="Content">
      <LanguageTabs label="Language of the page" language={language} onChange={onLanguage} noteOf={noteOf}>
        <TextField {...field('title')} label="Title" maxLength={120} />
        <TextArea {...field('body_html')} label="Text" rows={16} spellCheck hint="HTML: headings from h2, paragraphs, lists, tables, emphasis and links. Everything else is removed when you save." />
        <HtmlPreview key={language} html={text.body_html} language={language} />
      </LanguageTabs>
    </Card>
  );
}
