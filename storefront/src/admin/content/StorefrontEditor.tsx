import { useState, type FormEvent } from 'react';
import { isProblem } from '../../api/problem';
import { STOREFRONT_KEY } from '../../api/storefront';
import type { Storefront } from '../../api/types';
import { Button } from '../../components/Button';
import { ErrorSummary } from '../../components/Field';
import { Callout } from '../../components/States';
import type { Language } from '../../messages/language';
import { shownLanguage } from '../../messages/merchant-text';
import type { StorefrontDraft } from '../api/types';
import { useChange } from '../api/use-command';
import { Card, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { FooterEditor } from './FooterEditor';
import { GuaranteeEditor } from './GuaranteeEditor';
import { HomeEditor } from './HomeEditor';
import { useShownLanguage } from '../components/LanguageTabs';
import { LooksEditor } from './LooksEditor';
import { useMenuChoices } from './menu-choices';
import { MenuEditor } from './MenuEditor';
import { checkStorefront, fieldId, languageOfField, storefrontDraft, storefrontForm, type StorefrontForm } from './storefront-form';

interface StorefrontEditorProps {
  stored: Storefront;
  shopLanguage: Language;
  onReload: () => void;
}

export function StorefrontEditor({ stored, shopLanguage, onReload }: StorefrontEditorProps) {
  const [base, setBase] = useState(() => ({ version: stored.version, form: storefrontForm(stored) }));
  const [input, setInput] = useState(base.form);
  const shown = useShownLanguage(shownLanguage(stored.home, shopLanguage, undefined) ?? shopLanguage, languageOfField);
  const choices = useMenuChoices(stored.pages);
  const save = useChange<StorefrontDraft, Storefront>((body) => ({ method: 'put', path: '/api/v1/storefront', body }), STOREFRONT_KEY);
  const form = useSubmit(save, {
    fields: fieldId,
    done: 'The storefront is saved.',
    onDone: (next) => {
      const saved = storefrontForm(next);
      setBase({ version: next.version, form: saved });
      setInput((now) => (now === input ? saved : now));
    },
  });
  const dirty = JSON.stringify(input) !== JSON.stringify(base.form);
  // An upload may end after something else was typed.
  const set = (part: Partial<StorefrontForm>) => setInput((now) => ({ ...now, ...part }));
  const hasErrors = (pointer: string) => form.errors.some(({ field }) => field?.startsWith(`storefront${pointer.replaceAll('/', '-')}-`));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit(storefrontDraft(input, base.version), checkStorefront(input));
  };
  return (
    <>
      <UnsavedGuard dirty={dirty} />
      {/* The form only watches the clicks on the links of its error summary. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events */}
      <form className={pageStyles.stack} onSubmit={onSubmit} onClickCapture={shown.onClickCapture} noValidate>
        <ErrorSummary errors={form.errors} />
        {isProblem(save.error, 'stale-version') && (
          <Callout kind="warn">
            <p>Somebody else has saved the storefront in the meantime. Load their version, and make your changes again.</p>
            <Button look="secondary" size="small" onClick={onReload}>Load the current version</Button>
          </Callout>
        )}
        <LooksEditor form={input} errorOf={form.errorOf} onChange={set} />
        <HomeEditor home={input.home} language={shown.language} onLanguage={shown.setLanguage} errors={form.errors} onChange={(home) => set({ home })} />
        <Card title="Menu">
          <p className={pageStyles.soft}>The menu below the header. Without items, it has all products and the categories that have some.</p>
          <MenuEditor pointer="/header_menu" name="the menu" items={input.header} choices={choices} errorOf={form.errorOf} hasErrors={hasErrors} onChange={(header) => set({ header })} />
        </Card>
        <Card title="Footer">
          <p className={pageStyles.soft}>Without groups, there is one with the categories. Legal pages, and pages that no menu has, are listed in addition.</p>
          <FooterEditor groups={input.footer} choices={choices} errorOf={form.errorOf} hasErrors={hasErrors} onChange={(footer) => set({ footer })} />
        </Card>
        <GuaranteeEditor guarantee={input.guarantee} language={shown.language} onLanguage={shown.setLanguage} errors={form.errors} onChange={(guarantee) => set({ guarantee })} />
        <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setInput(base.form)} />
      </form>
    </>
  );
}
