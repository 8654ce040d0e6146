import { Button } from '../../components/Button';
import { TextArea, type FieldError } from '../../components/Field';
import { useToasts } from '../../components/Toasts';
import type { Language } from '../../messages/language';
import { ImageUpload } from '../components/ImageUpload';
import { LanguageTabs } from '../components/LanguageTabs';
import { Card } from '../components/Page';
import { LANGUAGE } from '../messages/en';
import styles from './Content.module.css';
import { fieldId, languageOfField, type StorefrontForm } from './storefront-form';

interface GuaranteeEditorProps {
  guarantee: StorefrontForm['guarantee'];
  language: Language;
  onLanguage: (language: Language) => void;
  errors: readonly FieldError[];
  onChange: (guarantee: StorefrontForm['guarantee']) => void;
}

/** Edits the notice on the legal guarantee of conformity: an image and its text in each language. */
export function GuaranteeEditor({ guarantee, language, onLanguage, errors, onChange }: GuaranteeEditorProps) {
  const { announce } = useToasts();
  const { image, text } = guarantee[language];
  const set = (part: Partial<StorefrontForm['guarantee'][Language]>) => onChange({ ...guarantee, [language]: { ...guarantee[language], ...part } });
  const imageId = fieldId(`/legal_guarantee/${language}/url`);
  const textId = fieldId(`/legal_guarantee/${language}/alt`);
  const errorOf = (id: string) => errors.find(({ field }) => field === id)?.message;
  const remove = () => {
    set({ image: null, text: '' });
    announce('The notice is removed');
    // The button is gone with it.
    document.getElementById(imageId)?.focus();
  };
  const noteOf = (one: Language) => {
    if (errors.some(({ field }) => field && field.includes('legal_guarantee') && languageOfField(field) === one)) return '(check)';
    return guarantee[one].image ? '' : '(empty)';
  };
  return (
    <Card title="Notice on the legal guarantee">
      <p className={styles.soft}>Shops in the European Union that sell goods to consumers must show the notice of the European Commission before an order is placed (Regulation (EU) 2025/1960). The Commission publishes it in each language; its design must not be changed. Visitors whose language is empty see that of the shop.</p>
      <LanguageTabs label="Language of the notice" language={language} onChange={onLanguage} noteOf={noteOf}>
        <div id={imageId} tabIndex={-1} className={styles.notice}>
          {image ? <img src={image.url} alt={`The ${LANGUAGE[language]} notice`} /> : <p className={styles.soft}>No notice in this language.</p>}
          {image && <Button look="secondary" size="small" onClick={remove}>Remove<span className="visually-hidden"> the {LANGUAGE[language]} notice</span></Button>}
        </div>
        {errorOf(imageId) && <p className={styles.error}>{errorOf(imageId)}</p>}
        <ImageUpload label={image ? 'Replace the notice' : 'Upload the notice'} onImages={([added]) => added && set({ image: added })} />
        <TextArea id={textId} lang={language} label="Text of the notice" optional rows={5} maxLength={500} hint="What the notice says, for screen readers and for the email that confirms an order." value={text} error={errorOf(textId)} onChange={(event) => set({ text: event.target.value })} />
      </LanguageTabs>
    </Card>
  );
}
