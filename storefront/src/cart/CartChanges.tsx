import type { CartChange, CartLine } from '../api/types';
import { Callout } from '../components/States';
import type { Messages } from '../messages/catalogue';
import { serverText } from '../messages/server-text';
import { useMessages } from '../messages/messages';

/** The changes that the server made to the cart since it was last shown. */
export function CartChanges({ changes, lines }: { changes: CartChange[]; lines: CartLine[] }) {
  const t = useMessages();
  if (changes.length === 0) return null;
  return (
    <div role="status">
      <Callout kind="warn">
        {changes.map((change) => <p key={`${change.kind} ${change.sku}`}>{changeText(change, lines, t)}</p>)}
      </Callout>
    </div>
  );
}

function changeText({ kind, sku, message }: CartChange, lines: CartLine[], t: Messages): string {
  const own = Object.hasOwn(t.cart.changes, kind) ? t.cart.changes[kind] : message;
  const title = lines.find((line) => line.sku === sku)?.title ?? t.cart.anItem;
  return serverText(t, message, typeof own === 'string' ? own : own(title));
}
