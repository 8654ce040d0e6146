import { useShop } from '../../api/catalogue';
import { TextArea, TextField, type FieldError } from '../../components/Field';
import { Callout } from '../../components/States';
import { languageOf, LANGUAGES, type Language } from '../../messages/language';
import { LanguageTabs } from '../components/LanguageTabs';
import { Card } from '../components/Page';
import { LANGUAGE } from '../messages/en';
import type { EditorProps } from './ImagesEditor';
import { fieldId } from './product-form';
import { languageOfField, shortTexts, translationDrafts, type TranslationForm } from './translation-form';

interface TranslationsEditorProps extends EditorProps {
  language: Language;
  onLanguage: (language: Language) => void;
  errors: readonly FieldError[];
}

/** Edits the texts of a product in the other languages of the shop, one language at a time. */
export function TranslationsEditor({ form, set, errorOf, errors, language: chosen, onLanguage }: TranslationsEditorProps) {
  const { data: shop } = useShop();
  const own = languageOf(shop?.locale);
  const translated = translationDrafts(form);
  // A translation in the shop's own language, from before the shop had it, would be shown instead of the texts above.
  const languages = LANGUAGES.filter((one) => one !== own || translated[one]);
  const language = languages.includes(chosen) ? chosen : (languages[0] ?? chosen);
  const translation = form.translations[language];
  const change = (part: Partial<TranslationForm>) => set((now) => ({
    translations: { ...now.translations, [language]: { ...now.translations[language], ...part } },
  }));
  const noteOf = (one: Language) => {
    if (errors.some(({ field }) => field && languageOfField(field) === one)) return '(check)';
    return translated[one] ? '' : '(empty)';
  };
  const at = `/translations/${language}`;
  const field = (name: Exclude<keyof TranslationForm, 'texts'>, member: string) => ({
    id: fieldId(`${at}/${member}`),
    lang: language,
    optional: true,
    value: translation[name],
    error: errorOf(fieldId(`${at}/${member}`)),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  const short = shortTexts(form);
  const groups = [
    { legend: 'Options', texts: short.options },
    { legend: 'Tags', texts: short.tags },
    { legend: 'Descriptions of images', texts: short.images },
  ].filter(({ texts }) => texts.length > 0);
  const textsError = errorOf(fieldId(`${at}/texts`));
  return (
    <Card title="Translations">
      <p>What is left empty is shown {own ? `in ${LANGUAGE[own]}` : 'as it is above'}.</p>
      <LanguageTabs label="Language of the translation" languages={languages} language={language} onChange={onLanguage} noteOf={noteOf}>
        <TextField {...field('title', 'title')} label="Title" maxLength={255} placeholder={form.title} />
        <TextArea {...field('description', 'description_html')} label="Description" hint="HTML, as above." rows={8} maxLength={65535} />
        {textsError && <div id={fieldId(`${at}/texts`)} tabIndex={-1}><Callout kind="danger">{`The short texts ${textsError}.`}</Callout></div>}
        {groups.map(({ legend, texts }) => (
          <fieldset key={legend}>
            <legend>{legend}</legend>
            {texts.map((text) => (
              <TextField
                key={text}
                id={fieldId(`${at}/texts/${text}`)}
                label={text}
                optional
                lang={language}
                maxLength={500}
                value={translation.texts[text] ?? ''}
                onChange={(event) => change({ texts: { ...translation.texts, [text]: event.target.value } })}
              />
            ))}
          </fieldset>
        ))}
        <TextField {...field('seoTitle', 'seo_title')} label="Page title for search engines" maxLength={255} />
        <TextArea {...field('seoDescription', 'seo_description')} label="Description for search engines" rows={3} maxLength={1000} />
        {form.safety.warnings.trim() !== '' && <TextArea {...field('warnings', 'safety_warnings')} label="Warnings and safety information" rows={4} maxLength={5000} />}
      </LanguageTabs>
    </Card>
  );
}
