import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useShop } from '../../api/catalogue';
import { isStatus } from '../../api/problem';
import { apiPath } from '../../api/path';
import { useCountries } from '../../api/shipping';
import type { Items, Place } from '../../api/types';
import { Button } from '../../components/Button';
import { Combobox } from '../../components/Combobox';
import { useDebounced } from '../../components/debounced';
import { ErrorSummary, Field, inputClass, SelectField } from '../../components/Field';
import { Callout } from '../../components/States';
import type { Warehouse } from '../api/types';
import { useChange } from '../api/use-command';
import { Card, FieldRow, pageStyles } from '../components/Page';
import { useSubmit } from '../components/use-submit';

/** The place that shipments start from. The API has its number only, so its name is known once it was chosen here. */
export function WarehouseForm() {
  const { data: shop } = useShop();
  const { data: countries } = useCountries();
  const warehouse = useQuery<Warehouse>({ queryKey: ['/api/v1/shipping/warehouse'], retry: false });
  const [chosenCountry, setChosenCountry] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [place, setPlace] = useState<Place | null>(null);
  const country = chosenCountry ?? shop?.country ?? '';
  const settled = useDebounced(text.trim(), 250);
  const places = useQuery<Items<Place>>({
    queryKey: [apiPath('/api/v1/shipping/places', { country, q: settled })],
    enabled: settled.length >= 2 && country !== '' && settled !== place?.name,
    placeholderData: keepPreviousData,
  });
  const save = useChange<Warehouse, Warehouse>((body) => ({ method: 'put', path: '/api/v1/shipping/warehouse', body }), ['/api/v1/shipping/warehouse']);
  const form = useSubmit(save, { fields: { '/place_id': 'warehouse-place' }, done: `The warehouse is in ${place?.name ?? 'its new place'} now.` });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit({ place_id: place?.id ?? 0 }, place ? [] : [{ field: 'warehouse-place', message: 'Choose the town from the list.' }]);
  };
  return (
    <Card title="Warehouse">
      {isStatus(warehouse.error, 404) && <Callout kind="warn">No warehouse is set yet.</Callout>}
      {warehouse.data && !place && <p className={pageStyles.soft}>A warehouse is set (place {warehouse.data.place_id}). Choose a town to move it.</p>}
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={form.errors} />
        <FieldRow>
          <SelectField
            id="warehouse-country"
            label="Country"
            value={country}
            onChange={(event) => {
              setChosenCountry(event.target.value);
              setPlace(null);
              setText('');
            }}
          >
            {!countries?.items.some(({ code }) => code === country) && <option value={country}>{country}</option>}
            {countries?.items.map(({ code, name }) => <option key={code} value={code}>{name}</option>)}
          </SelectField>
          <Field id="warehouse-place" label="Town" error={form.errorOf('warehouse-place')}>
            <Combobox
              id="warehouse-place"
              value={text}
              onValueChange={(next) => {
                setText(next);
                setPlace(null);
              }}
              items={settled.length >= 2 && !place ? (places.data?.items ?? []) : []}
              itemKey={({ id }) => String(id)}
              renderItem={({ name, region }) => [name, region].filter(Boolean).join(', ')}
              onPick={(picked) => {
                setPlace(picked);
                setText(picked.name);
              }}
              listLabel="Towns"
              status={settled.length >= 2 && !place && places.data?.items.length === 0 ? 'No match. Try a larger town nearby.' : ''}
              inputClassName={inputClass}
              invalid={Boolean(form.errorOf('warehouse-place'))}
              required
            />
          </Field>
        </FieldRow>
        <div><Button type="submit" look="secondary" busy={form.busy}>Set warehouse</Button></div>
      </form>
    </Card>
  );
}
