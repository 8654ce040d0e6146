import { useState } from 'react';
import { Button } from '../../components/Button';
import { CopyButton } from '../../components/CopyButton';
import { TextField, type FieldError } from '../../components/Field';
import { Callout } from '../../components/States';
import type { CreatedApiKey, Role } from '../api/types';
import { useChange } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { ActionDialog, Dialog } from '../components/Dialog';
import { pageStyles } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { ROLE } from '../messages/en';

/** A key has at most what a merchant has. */
const ROLES: readonly Role[] = ['warehouse', 'support', 'merchant'];

/** Asks for name and roles, then shows the secret, which cannot be read again. */
export function NewApiKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const create = useChange<{ name: string; roles: readonly Role[] }, CreatedApiKey>((body) => ({ method: 'post', path: '/api/v1/api-keys', body }), ['/api/v1/api-keys']);
  const form = useSubmit(create, { fields: { '/name': 'key-name', '/roles': 'key-role-warehouse' }, done: 'The API key is created.', onDone: setCreated });
  const toggle = (role: Role) => setRoles(roles.includes(role) ? roles.filter((one) => one !== role) : [...roles, role]);
  const submit = () => {
    const errors: FieldError[] = [];
    if (name.trim() === '') errors.push({ field: 'key-name', message: 'Enter a name.' });
    if (roles.length === 0) errors.push({ field: 'key-role-warehouse', message: 'Choose at least one role.' });
    form.submit({ name: name.trim(), roles }, errors);
  };
  if (created) return <Secret created={created} onClose={onClose} />;
  return (
    <ActionDialog open onClose={onClose} title="Add API key" action="Create" busy={form.busy} errors={form.errors} onSubmit={submit}>
      <TextField id="key-name" label="Name" required maxLength={80} autoComplete="off" hint="The program or partner that uses it." value={name} error={form.errorOf('key-name')} onChange={(event) => setName(event.target.value)} />
      {ROLES.map((role) => (
        <CheckField key={role} id={`key-role-${role}`} checked={roles.includes(role)} onChange={() => toggle(role)}>
          <strong>{ROLE[role].label}</strong><br />{ROLE[role].text}
        </CheckField>
      ))}
    </ActionDialog>
  );
}

function Secret({ created: { key, secret }, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={`The secret of ${key.name}`}>
      <div className={`${pageStyles.dialogBody} ${pageStyles.stack}`}>
        <Callout kind="warn">Copy it now: it can't be shown again.</Callout>
        <TextField id="key-secret" label="Secret" readOnly value={secret} onFocus={(event) => event.target.select()} />
        <div className={pageStyles.actions}>
          <CopyButton text={secret} what="the secret" />
          <Button size="small" onClick={onClose}>Done</Button>
        </div>
      </div>
    </Dialog>
  );
}
