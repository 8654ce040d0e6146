import { useState, type FormEvent, type MouseEvent } from 'react';
import { flushSync } from 'react-dom';
import { isProblem } from '../../api/problem';
import { Button } from '../../components/Button';
import { ErrorSummary, SelectField, TextArea, TextField, type FieldError } from '../../components/Field';
import { Callout } from '../../components/States';
import { LANGUAGES, type Language } from '../../messages/language';
import type { EmailTexts, EmailTextsDraft } from '../api/types';
import { useChange } from '../api/use-command';
import { LanguageTabs } from '../components/LanguageTabs';
import { Card, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { checkEmails, emailDraft, emailForm, EMAILS, fieldId, isWritten, KINDS, placeholdersOf, placeOfField, type EmailForm, type EmailKind, type WordingForm } from './email-form';

const PATH = '/api/v1/email-texts';

interface EmailsEditorProps {
  stored: EmailTexts;
  shopLanguage: Language;
  onReload: () => void;
}

export function EmailsEditor({ stored, shopLanguage, onReload }: EmailsEditorProps) {
  const [base, setBase] = useState(() => ({ version: stored.version, form: emailForm(stored) }));
  const [input, setInput] = useState(base.form);
  const [kind, setKind] = useState<EmailKind>('placed');
  const [language, setLanguage] = useState(shopLanguage);
  const save = useChange<EmailTextsDraft, EmailTexts>((body) => ({ method: 'put', path: PATH, body }), [PATH]);
  const form = useSubmit(save, {
    fields: fieldId,
    done: 'The emails are saved.',
    onDone: (next) => {
      const saved = emailForm(next);
      setBase({ version: next.version, form: saved });
      setInput((now) => (now === input ? saved : now));
    },
  });
  const dirty = JSON.stringify(input) !== JSON.stringify(base.form);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit(emailDraft(input, base.version), checkEmails(input));
  };
  // A field that is not shown could not take the focus from the link of the error summary.
  const onClickCapture = (event: MouseEvent) => {
    const link = (event.target as Element).closest('a[href^="#"]');
    const place = placeOfField(link?.getAttribute('href')?.slice(1) ?? '');
    if (!place) return;
    flushSync(() => {
      if (place.kind) setKind(place.kind);
      setLanguage(place.language);
    });
  };
  const write = (part: Partial<WordingForm>) => setInput({
    ...input,
    texts: { ...input.texts, [kind]: { ...input.texts[kind], [language]: { ...input.texts[kind][language], ...part } } },
  });
  return (
    <>
      <UnsavedGuard dirty={dirty} />
      {/* The form only watches the clicks on the links of its error summary. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events */}
      <form className={pageStyles.stack} onSubmit={onSubmit} onClickCapture={onClickCapture} noValidate>
        <ErrorSummary errors={form.errors} />
        {isProblem(save.error, 'stale-version') && (
          <Callout kind="warn">
            <p>Somebody else has saved the emails in the meantime. Load their version, and make your changes again.</p>
            <Button look="secondary" size="small" onClick={onReload}>Load the current version</Button>
          </Callout>
        )}
        <Wording form={input} kind={kind} language={language} errors={form.errors} onKind={setKind} onLanguage={setLanguage} onChange={write} />
        <Card title="At the end of every email">
          <p className={pageStyles.soft}>Such as how to reach you. Customers whose language is empty get the text in the language of the shop.</p>
          <LanguageTabs label="Language of the end" language={language} onChange={setLanguage} noteOf={(one) => (input.closing[one].trim() ? '' : '(empty)')}>
            <TextArea
              id={fieldId(`/closing/${language}`)}
              label="Text"
              optional
              lang={language}
              rows={4}
              maxLength={1000}
              value={input.closing[language]}
              error={form.errorOf(fieldId(`/closing/${language}`))}
              onChange={(event) => setInput({ ...input, closing: { ...input.closing, [language]: event.target.value } })}
            />
          </LanguageTabs>
        </Card>
        <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setInput(base.form)} />
      </form>
    </>
  );
}

interface WordingProps {
  form: EmailForm;
  kind: EmailKind;
  language: Language;
  errors: readonly FieldError[];
  onKind: (kind: EmailKind) => void;
  onLanguage: (language: Language) => void;
  onChange: (part: Partial<WordingForm>) => void;
}

/** Edits the wording of one email in one language. */
function Wording({ form, kind, language, errors, onKind, onLanguage, onChange }: WordingProps) {
  const field = (name: keyof WordingForm) => {
    const id = fieldId(`/texts/${kind}/${language}/${name}`);
    return {
      id,
      lang: language,
      value: form.texts[kind][language][name],
      error: errors.find((error) => error.field === id)?.message,
      onChange: (event: { target: { value: string } }) => onChange({ [name]: event.target.value }),
    };
  };
  const noteOf = (one: Language) => {
    const isWrong = errors.some(({ field: id }) => {
      const place = id && placeOfField(id);
      return place && place.kind === kind && place.language === one;
    });
    if (isWrong) return '(check)';
    return isWritten(form.texts[kind][one]) ? '' : '(standard)';
  };
  const placeholders = (name: keyof WordingForm) => placeholdersOf(kind, name).join(', ');
  return (
    <Card title="Wording">
      <p className={pageStyles.soft}>Empty fields use the standard wording. The items, totals, tracking and a link to the order are added, and so are facts that your message leaves out.</p>
      <SelectField id="email-kind" label="Email" value={kind} onChange={(event) => onKind(event.target.value as EmailKind)}>
        {KINDS.map((one) => <option key={one} value={one}>{EMAILS[one].label}{LANGUAGES.some((spoken) => isWritten(form.texts[one][spoken])) ? ' (yours)' : ''}</option>)}
      </SelectField>
      <LanguageTabs label="Language of the email" language={language} onChange={onLanguage} noteOf={noteOf}>
        <TextField {...field('subject')} label="Subject" optional maxLength={150} hint={`Placeholders: ${placeholders('subject')}.`} />
        <TextArea {...field('message')} label="Message" optional rows={6} maxLength={2000} hint={`It follows the greeting. Placeholders: ${placeholders('message')}.`} />
      </LanguageTabs>
    </Card>
  );
}
