import type { CartChange } from '../api/types';
import { Callout } from '../components/States';

/** The changes that the server made to the cart since it was last shown. */
export function CartChanges({ changes }: { changes: CartChange[] }) {
  if (changes.length === 0) return null;
  return (
    <div role="status">
      <Callout kind="warn">
        {changes.map((change) => <p key={`${change.kind} ${change.sku}`}>{change.message}</p>)}
      </Callout>
    </div>
  );
}
