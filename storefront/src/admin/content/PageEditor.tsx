import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { ApiError, isProblem } from '../../api/problem';
import { contentPagePath, pathOfPage, STOREFRONT_KEY } from '../../api/storefront';
import type { ContentPage } from '../../api/types';
import { Button } from '../../components/Button';
import { ErrorSummary, TextField } from '../../components/Field';
import { Callout } from '../../components/States';
import type { Language } from '../../messages/language';
import { shownLanguage, textIn } from '../../messages/merchant-text';
import { useNavigate } from '../../router/hooks';
import { refreshPaths } from '../api/query-client';
import type { PageDraft, PageText } from '../api/types';
import { Card, Columns, Page, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { LEGAL_PAGE } from '../messages/en';
import { handleFor } from '../products/product-form';
import { DeletePage } from './DeletePage';
import { useShownLanguage } from '../components/LanguageTabs';
import { checkPage, emptyPage, fieldId, languageOfField, legalPageOf, pageDraft, pageForm } from './page-form';
import { PageTexts } from './PageTexts';

interface PageEditorProps {
  /** Empty for a page whose address is not decided yet. */
  handle: string;
  /** The page as it is stored; null for a new one. */
  before: ContentPage | null;
  shopLanguage: Language;
  onReload: () => void;
}

export function PageEditor({ handle, before, shopLanguage, onReload }: PageEditorProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [stored, setStored] = useState({ page: before, form: before ? pageForm(before) : emptyPage(handle, shopLanguage) });
  const [form, setForm] = useState(stored.form);
  const [deleted, setDeleted] = useState(false);
  const shown = useShownLanguage((before && shownLanguage(before.texts, shopLanguage, undefined)) ?? shopLanguage, languageOfField);
  const isNew = stored.page === null;
  const choosesHandle = isNew && handle === '';
  const save = useMutation({
    mutationFn: async (draft: PageDraft) => {
      try {
        return await api.put<ContentPage>(contentPagePath(form.handle), draft, { as: 'account' });
      } catch (error) {
        throw (choosesHandle && takenHandle(error)) || error;
      }
    },
  });
  const submit = useSubmit(save, {
    fields: fieldId,
    done: isNew ? 'The page is created.' : 'Saved.',
    onDone: (page) => {
      const next = pageForm(page);
      setStored({ page, form: next });
      setForm((now) => (now === form ? next : { ...now, handle: next.handle }));
      void refreshPaths(client, ...STOREFRONT_KEY);
    },
  });
  const dirty = !deleted && JSON.stringify(form) !== JSON.stringify(stored.form);
  useEffect(() => {
    // Only once the form is no longer dirty, or the guard would ask.
    if (dirty) return;
    if (deleted) void navigate('/pages', { replace: true });
    else if (handle === '' && stored.page) void navigate(pathOfPage(stored.page.handle), { replace: true });
  }, [handle, deleted, dirty, stored, navigate]);

  const legal = legalPageOf(form.handle);
  const title = (stored.page && textIn(stored.page.texts, shopLanguage, undefined)?.title) ?? (legal ? LEGAL_PAGE[legal].label : 'New page');
  const changeText = (language: Language, part: Partial<PageText>) => setForm((now) => {
    const texts = { ...now.texts, [language]: { ...now.texts[language], ...part } };
    // The address follows the title in the shop's language until it is edited.
    const follows = choosesHandle && now.handle === handleFor(now.texts[shopLanguage].title);
    return { handle: follows ? handleFor(texts[shopLanguage].title) : now.handle, texts };
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit.submit(pageDraft(form, stored.page?.version ?? 0), checkPage(form, shopLanguage));
  };

  return (
    <Page
      title={title}
      back={{ to: '/pages', label: 'Pages' }}
      {...(legal && { description: LEGAL_PAGE[legal].text })}
      actions={stored.page && (
        <>
          <a href={pathOfPage(stored.page.handle)}>View in shop</a>
          <DeletePage handle={stored.page.handle} title={title} onDeleted={() => setDeleted(true)} />
        </>
      )}
    >
      <UnsavedGuard dirty={dirty} />
      {isProblem(save.error, 'stale-version') && (
        <Callout kind="warn">
          <p>Somebody else has saved this page in the meantime. Load their version, and make your changes again.</p>
          <Button look="secondary" size="small" onClick={onReload}>Load the current version</Button>
        </Callout>
      )}
      {/* The form only watches the clicks on the links of its error summary. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events */}
      <form className={pageStyles.stack} onSubmit={onSubmit} onClickCapture={shown.onClickCapture} noValidate>
        <ErrorSummary errors={submit.errors} />
        <Columns
          main={<PageTexts form={form} language={shown.language} onLanguage={shown.setLanguage} errors={submit.errors} onChange={changeText} />}
          side={(
            <Card title="Address">
              <TextField
                id={fieldId('/handle')}
                label="Address"
                required
                readOnly={!choosesHandle}
                maxLength={100}
                hint={choosesHandle ? 'The end of the link, such as size-guide.' : "The address can't be changed later."}
                value={form.handle}
                error={submit.errorOf(fieldId('/handle'))}
                onChange={(event) => setForm({ ...form, handle: event.target.value })}
              />
              {legal
                ? <p className={pageStyles.soft}>A legal page. The footer and the checkout link to it by themselves.</p>
                : <p className={pageStyles.soft}>The footer lists the page until a menu has it.</p>}
            </Card>
          )}
        />
        <SaveBar dirty={dirty} busy={submit.busy} label={isNew ? 'Create page' : 'Save'} onDiscard={() => setForm(stored.form)} />
      </form>
    </Page>
  );
}

/** A new page is written as the first version, which fails for an address that another page has. */
function takenHandle(error: unknown): ApiError | null {
  if (!isProblem(error, 'stale-version')) return null;
  const message = 'Another page has this address.';
  return new ApiError({ type: 'about:blank', title: message, status: 409, errors: [{ pointer: '/handle', detail: message }] });
}
