import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useShop } from '../../api/catalogue';
import { useCountries } from '../../api/shipping';
import type { Shop } from '../../api/types';
import { ErrorSummary, SelectField, TextArea, TextField, type FieldError } from '../../components/Field';
import { Failure, Loading, Skeleton } from '../../components/States';
import type { ShopUpdate } from '../api/types';
import { useChange } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { Card, Facts, FieldRow, Page, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { sellerErrors, sellerInput, sellerOf } from './seller-form';

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
  const [seller, setSeller] = useState(() => sellerInput(shop.seller));
  const save = useChange<ShopUpdate, Shop>((body) => ({ method: 'put', path: '/api/v1/shop', body }), ['/api/v1/shop']);
  const form = useSubmit(save, {
    fields: { '/name': 'shop-name', '/locale': 'shop-locale', '/country': 'shop-country', '/seller/name': 'seller-name', '/seller/address': 'seller-address', '/seller/tax_id': 'seller-tax-id' },
    done: 'The settings are saved.',
    onDone: (next) => {
      client.setQueryData(['/api/v1/shop'], next);
      setInput((now) => (now === input ? next : now));
    },
  });
  const dirty = JSON.stringify([input, seller]) !== JSON.stringify([shop, sellerInput(shop.seller)]);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const errors: FieldError[] = [];
    if (input.name.trim() === '') errors.push({ field: 'shop-name', message: 'Enter a name.' });
    if (formattedExample(input.locale, input.currency) === null) errors.push({ field: 'shop-locale', message: 'Enter a language tag, such as en or de-AT.' });
    errors.push(...sellerErrors(seller, Boolean(shop.seller)));
    const { name, country, locale, prices_include_tax } = input;
    form.submit({ name: name.trim(), country, locale: locale.trim(), prices_include_tax, seller: sellerOf(seller) }, errors);
  };
  return (
    <>
      <UnsavedGuard dirty={dirty} />
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
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
        <Card title="Seller">
          <p>Who sells, on invoices and address labels. Orders have no invoices before this is entered.</p>
          <TextField id="seller-name" label="Name of the business" optional maxLength={120} autoComplete="organization" value={seller.name} error={form.errorOf('seller-name')} onChange={(event) => setSeller({ ...seller, name: event.target.value })} />
          <TextArea id="seller-address" label="Address" optional rows={4} hint="As on an envelope, with the country." value={seller.address} error={form.errorOf('seller-address')} onChange={(event) => setSeller({ ...seller, address: event.target.value })} />
          <TextField id="seller-tax-id" label="VAT identification number or tax number" optional maxLength={40} value={seller.taxId} error={form.errorOf('seller-tax-id')} onChange={(event) => setSeller({ ...seller, taxId: event.target.value })} />
        </Card>
        <SaveBar
          dirty={dirty}
          busy={form.busy}
          onDiscard={() => {
            setInput(shop);
            setSeller(sellerInput(shop.seller));
          }}
        />
      </form>
    </>
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
