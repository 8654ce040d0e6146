import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useShop } from '../../api/catalogue';
import { useCountries } from '../../api/shipping';
import type { Shop } from '../../api/types';
import { ErrorSummary, SelectField, TextField, type FieldError } from '../../components/Field';
import { Failure, Loading, Skeleton } from '../../components/States';
import type { ShopUpdate } from '../api/types';
import { useChange } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { Card, Facts, FieldRow, Page, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';

export default function SettingsPage() {
  const shop = useShop();
  return (
    <Page title="Shop settings">
      {shop.data && <SettingsForm shop={shop.data} />}
      {shop.isPending && <Loading label="Loading settings"><Skeleton height="24rem" /></Loading>}
      {shop.isError && !shop.data && <Failure error={shop.error} onRetry={() => void shop.refetch()} title="The settings couldn't be loaded" />}
    </Page>
  );
}

const EXAMPLE = 1234.5;

function SettingsForm({ shop }: { shop: Shop }) {
  const client = useQueryClient();
  const { data: countries } = useCountries();
  const [input, setInput] = useState(shop);
  const save = useChange<ShopUpdate, Shop>((body) => ({ method: 'put', path: '/api/v1/shop', body }), ['/api/v1/shop']);
  const form = useSubmit(save, {
    fields: { '/name': 'shop-name', '/locale': 'shop-locale', '/country': 'shop-country' },
    done: 'The settings are saved.',
    onDone: (next) => {
      client.setQueryData(['/api/v1/shop'], next);
      setInput((now) => (now === input ? next : now));
    },
  });
  const dirty = JSON.stringify(input) !== JSON.stringify(shop);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const errors: FieldError[] = [];
    if (input.name.trim() === '') errors.push({ field: 'shop-name', message: 'Enter a name.' });
    if (formattedExample(input.locale, input.currency) === null) errors.push({ field: 'shop-locale', message: 'Enter a language tag, such as en or de-AT.' });
    const { name, country, locale, prices_include_tax } = input;
    form.submit({ name: name.trim(), country, locale: locale.trim(), prices_include_tax }, errors);
  };
  return (
    <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
      <UnsavedGuard dirty={dirty} />
      <ErrorSummary errors={form.errors} />
      <Card title="Shop">
        <TextField id="shop-name" label="Name" required maxLength={120} hint="Customers see it on every page and in emails." value={input.name} error={form.errorOf('shop-name')} onChange={(event) => setInput({ ...input, name: event.target.value })} />
        <FieldRow>
          <SelectField id="shop-country" label="Country" value={input.country} error={form.errorOf('shop-country')} onChange={(event) => setInput({ ...input, country: event.target.value })}>
            {!countries?.items.some(({ code }) => code === input.country) && <option value={input.country}>{input.country}</option>}
            {countries?.items.map(({ code, name }) => <option key={code} value={code}>{name}</option>)}
          </SelectField>
          <TextField id="shop-locale" label="Format of prices and dates" required maxLength={35} hint={`A language tag. Prices look like ${formattedExample(input.locale, input.currency) ?? '…'}`} value={input.locale} error={form.errorOf('shop-locale')} onChange={(event) => setInput({ ...input, locale: event.target.value })} />
        </FieldRow>
        <CheckField checked={input.prices_include_tax} onChange={(event) => setInput({ ...input, prices_include_tax: event.target.checked })}>
          Prices include tax. Otherwise tax is added in the cart.
        </CheckField>
        <Facts items={[['Currency', `${input.currency}. It can't be changed.`]]} />
      </Card>
      <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setInput(shop)} />
    </form>
  );
}

/** Formats an example, or returns null for a tag that is not one. */
function formattedExample(locale: string, currency: string): string | null {
  try {
    return new Intl.NumberFormat(locale.trim(), { style: 'currency', currency }).format(EXAMPLE);
  } catch {
    return null;
  }
}
