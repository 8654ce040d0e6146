import { useMemo, useState, type FormEvent } from 'react';
import { isProblem } from '../../api/problem';
import { Button } from '../../components/Button';
import { ErrorSummary, SelectField, TextField } from '../../components/Field';
import { Callout } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import type { Reach, Zones } from '../api/types';
import { useChange } from '../api/use-command';
import { Card, FieldRow, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { REACH } from '../messages/en';
import { moved } from '../products/product-form';
import { checkZones, emptyZone, fieldId, zoneMessage, zonesForm, zonesRequest, type TariffForm, type ZoneForm } from './zones-form';
import styles from './Shipping.module.css';

export function ZonesEditor({ stored, currency, onReload }: { stored: Zones; currency: string; onReload: () => void }) {
  const [base, setBase] = useState(stored);
  const [input, setInput] = useState(() => zonesForm(stored, currency));
  const { announce } = useToasts();
  const save = useChange<Zones, Zones>((body) => ({ method: 'put', path: '/api/v1/shipping/zones', body }), ['/api/v1/shipping/zones']);
  const form = useSubmit(save, {
    fields: fieldId,
    done: 'The shipping prices are saved.',
    onDone: (next) => {
      setBase(next);
      setInput((now) => (now === input ? zonesForm(next, currency) : now));
    },
  });
  const dirty = JSON.stringify(zonesRequest(input, 0, currency)) !== JSON.stringify(zonesRequest(zonesForm(base, currency), 0, currency));
  const errors = useMemo(() => form.errors.map((error) => ({ ...error, message: zoneMessage(error.message) })), [form.errors]);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;
  const { zones } = input;
  const change = (index: number, part: Partial<ZoneForm>) => setInput({ ...input, zones: zones.map((zone, at) => (at === index ? { ...zone, ...part } : zone)) });
  const move = (index: number, step: -1 | 1) => {
    setInput({ ...input, zones: moved(zones, index, step) });
    announce(`${zones[index]?.name || 'The zone'} is now zone ${index + 1 + step}`);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit(zonesRequest(input, base.version, currency), checkZones(input, currency));
  };
  return (
    <>
      <UnsavedGuard dirty={dirty} />
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={errors} />
        {base.version === 0 && <Callout kind="warn">These prices are examples. Check them, and save your own.</Callout>}
        {isProblem(save.error, 'stale-version') && (
          <Callout kind="warn">
            <p>Somebody else has saved the prices in the meantime.</p>
            <Button look="secondary" size="small" onClick={onReload}>Load the current prices</Button>
          </Callout>
        )}
        {zones.map((zone, index) => (
          <Card
            key={zone.key}
            title={`Zone ${index + 1}${zone.name.trim() ? `: ${zone.name.trim()}` : ''}`}
            actions={(
              <>
                <Button look="secondary" size="small" disabled={index === 0} aria-label={`Move zone ${index + 1} up`} onClick={() => move(index, -1)}>Up</Button>
                <Button look="secondary" size="small" disabled={index === zones.length - 1} aria-label={`Move zone ${index + 1} down`} onClick={() => move(index, 1)}>Down</Button>
                {zones.length > 1 && <Button look="quiet" size="small" aria-label={`Remove zone ${index + 1}`} onClick={() => setInput({ ...input, zones: zones.filter((_, at) => at !== index) })}>Remove</Button>}
              </>
            )}
          >
            <ZoneFields zone={zone} index={index} errorOf={errorOf} currency={currency} onChange={(part) => change(index, part)} />
          </Card>
        ))}
        <div><Button look="secondary" size="small" onClick={() => setInput({ ...input, zones: [...zones, emptyZone()] })}>Add zone</Button></div>
        <Card title="Not delivered to">
          <TextField id={fieldId('/excluded')} label="Countries" optional hint="Two letters each, separated by commas, such as KP, SY." value={input.excluded} error={errorOf(fieldId('/excluded'))} onChange={(event) => setInput({ ...input, excluded: event.target.value })} />
        </Card>
        <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setInput(zonesForm(base, currency))} />
      </form>
    </>
  );
}

interface ZoneFieldsProps {
  zone: ZoneForm;
  index: number;
  errorOf: (field: string) => string | undefined;
  currency: string;
  onChange: (part: Partial<ZoneForm>) => void;
}

function ZoneFields({ zone, index, errorOf, currency, onChange }: ZoneFieldsProps) {
  const id = (name: string) => fieldId(`/zones/${index}/${name}`);
  return (
    <>
      <FieldRow>
        <TextField id={id('name')} label="Name" required maxLength={60} hint="Only staff see it." value={zone.name} error={errorOf(id('name'))} onChange={(event) => onChange({ name: event.target.value })} />
        <SelectField id={id('reach')} label="Area" value={zone.reach} error={errorOf(id('reach'))} onChange={(event) => onChange({ reach: event.target.value as Reach })}>
          {(Object.keys(REACH) as Reach[]).map((reach) => <option key={reach} value={reach}>{REACH[reach]}</option>)}
        </SelectField>
        <TextField id={id('up_to_km')} label="Up to kilometres" optional inputMode="numeric" hint="Empty for any distance." value={zone.upToKm} error={errorOf(id('up_to_km'))} onChange={(event) => onChange({ upToKm: event.target.value })} />
      </FieldRow>
      {(['standard', 'express'] as const).map((option) => (
        <TariffFields key={option} name={option} at={`/zones/${index}/${option}`} tariff={zone[option]} errorOf={errorOf} currency={currency} onChange={(part) => onChange({ [option]: { ...zone[option], ...part } })} />
      ))}
    </>
  );
}

interface TariffFieldsProps {
  name: 'standard' | 'express';
  at: string;
  tariff: TariffForm;
  errorOf: (field: string) => string | undefined;
  currency: string;
  onChange: (part: Partial<TariffForm>) => void;
}

function TariffFields({ name, at, tariff, errorOf, currency, onChange }: TariffFieldsProps) {
  const field = (pointer: string, key: keyof TariffForm, label: string, mode: 'decimal' | 'numeric') => {
    const id = fieldId(`${at}/${pointer}`);
    return <TextField id={id} label={label} required inputMode={mode} autoComplete="off" value={tariff[key]} error={errorOf(id)} onChange={(event) => onChange({ [key]: event.target.value })} />;
  };
  return (
    <fieldset className={styles.tariff}>
      <legend>{name === 'standard' ? 'Standard' : 'Express'}</legend>
      <FieldRow>
        {field('base', 'base', `Price in ${currency}`, 'decimal')}
        {field('per_kg', 'perKg', 'Per kilogram', 'decimal')}
        {field('days/min', 'minDays', 'Days, at least', 'numeric')}
        {field('days/max', 'maxDays', 'Days, at most', 'numeric')}
      </FieldRow>
    </fieldset>
  );
}
