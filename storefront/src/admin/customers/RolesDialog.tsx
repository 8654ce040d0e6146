import { useState } from 'react';
import type { Account } from '../../api/types';
import { Callout } from '../../components/States';
import type { Role } from '../api/types';
import { useChange } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';
import { ROLE } from '../messages/en';

export function RolesDialog({ account, isMe, onClose }: { account: Account; isMe: boolean; onClose: () => void }) {
  const [roles, setRoles] = useState<readonly Role[]>(account.roles);
  const save = useChange<{ roles: readonly Role[]; version: number }, Account>(
    (body) => ({ method: 'put', path: `/api/v1/accounts/${account.id}/roles`, body }),
    ['/api/v1/accounts', '/api/v1/me'],
  );
  const form = useSubmit(save, { done: `The roles of ${account.email} are changed.`, onDone: onClose });
  const toggle = (role: Role) => setRoles(roles.includes(role) ? roles.filter((one) => one !== role) : [...roles, role]);
  const losesAdmin = isMe && account.roles.includes('admin') && !roles.includes('admin');
  return (
    <ActionDialog open onClose={onClose} title={`Roles of ${account.name}`} action="Save" danger={losesAdmin} busy={form.busy} errors={form.errors} onSubmit={() => form.submit({ roles, version: account.version })}>
      <p>{account.email}</p>
      {(Object.keys(ROLE) as Role[]).map((role) => (
        <CheckField key={role} checked={roles.includes(role)} onChange={() => toggle(role)}>
          <strong>{ROLE[role].label}</strong><br />{ROLE[role].text}
        </CheckField>
      ))}
      {losesAdmin && <Callout kind="warn">You take the admin role from yourself. Another admin has to give it back.</Callout>}
    </ActionDialog>
  );
}
