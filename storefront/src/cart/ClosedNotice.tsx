import { Callout } from '../components/States';
import { useMessages } from '../messages/messages';

/** Says that orders are not possible yet, in place of the button that leads to them. */
export function ClosedNotice() {
  const t = useMessages();
  return (
    <Callout kind="warn">
      <p><strong>{t.cart.closed}</strong> {t.cart.closedText}</p>
    </Callout>
  );
}
