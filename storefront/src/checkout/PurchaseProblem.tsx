import { useSetQuantity } from '../api/cart';
import { ApiError, isProblem, messageOf } from '../api/problem';
import type { Cart, Money } from '../api/types';
import { Button } from '../components/Button';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
import { Amount } from '../money/Price';
import { serverText } from '../messages/server-text';
import { usePurchaseMessages } from '../messages/messages';
import { Link } from '../router/Link';
import { isUncertain } from './attempt';
import styles from './Form.module.css';

interface PurchaseProblemProps {
  error: unknown;
  cart: Cart;
  onPlaceAgain: () => void;
  onDelivery: () => void;
  onDismiss: () => void;
}

/** Explains why the order was not placed, with the action that resolves each problem. */
export function PurchaseProblem({ error, cart, onPlaceAgain, onDelivery, onDismiss }: PurchaseProblemProps) {
  const t = usePurchaseMessages();
  if (isProblem(error, 'total-changed')) {
    const { expected, actual } = error.body as unknown as { expected?: Money; actual?: Money };
    return (
      <Callout kind="danger">
        <p><strong>{t.payment.totalChanged}</strong> {serverText(t, error.body.detail, '')}</p>
        {expected && actual && (
          <p className={styles.totals}>
            <span>{t.payment.previousTotal(<Amount value={expected} />)}</span>
            <strong>{t.payment.newTotal(<Amount value={actual} />)}</strong>
          </p>
        )}
        <p>{t.payment.totalChangedText}</p>
        <p><Button onClick={onPlaceAgain} size="small">{t.payment.placeFor(<Amount value={cart.totals.total} />)}</Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'out-of-stock')) return <Shortage error={error} cart={cart} onDismiss={onDismiss} />;
  if (isProblem(error, 'quote-stale')) {
    return (
      <Callout kind="danger">
        <p><strong>{t.payment.updateDelivery}</strong> {serverText(t, error.body.detail, '')}</p>
        <p>{t.payment.notCharged}</p>
        <p><Button size="small" onClick={onDelivery}>{t.payment.update}</Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'cart-empty') || isProblem(error, 'cart-changed')) {
    return (
      <Callout kind="danger">
        <p><strong>{messageOf(error, t)}</strong></p>
        <p>{t.payment.otherTab} <Link to="/cart">{t.payment.viewCart}</Link></p>
      </Callout>
    );
  }
  if (isProblem(error, 'shop-not-open')) {
    return (
      <Callout kind="danger">
        <p><strong>{t.cart.closed}</strong> {t.cart.closedText}</p>
        <p>{t.payment.notCharged}</p>
      </Callout>
    );
  }
  if (isUncertain(error)) {
    return (
      <Callout kind="danger">
        <p><strong>{t.payment.unconfirmed}</strong></p>
        <p>{t.payment.safeToRetry}</p>
        <p><Button size="small" onClick={onPlaceAgain}>{t.common.tryAgain}</Button></p>
      </Callout>
    );
  }
  const details = error instanceof ApiError && error.body.errors?.length ? errorsOf(error, {}, t) : [];
  return (
    <Callout kind="danger">
      <p><strong>{messageOf(error, t)}</strong></p>
      {details.map((detail) => <p key={detail.message}>{detail.message}</p>)}
      <p>{t.payment.notCharged}</p>
    </Callout>
  );
}

interface ShortLine {
  sku: string;
  requested: number;
  available: number;
}

function Shortage({ error, cart, onDismiss }: { error: ApiError; cart: Cart; onDismiss: () => void }) {
  const t = usePurchaseMessages();
  const lines = (error.body.lines ?? []) as ShortLine[];
  const change = useSetQuantity();
  const titleOf = (sku: string) => {
    const line = cart.lines.find((one) => one.sku === sku);
    return line ? [line.title, ...line.option_values].join(', ') : sku;
  };
  const updateToAvailable = async () => {
    try {
      for (const { sku, available } of lines) await change.mutateAsync({ sku, quantity: available });
    } finally {
      onDismiss();
    }
  };
  return (
    <Callout kind="danger">
      <p><strong>{t.payment.shortage}</strong></p>
      <ul>
        {lines.map((line) => (
          <li key={line.sku}>{titleOf(line.sku)}: {line.available === 0 ? t.payment.soldOut : t.payment.onlyAvailable(line.available, line.requested)}</li>
        ))}
      </ul>
      <p>{t.payment.notCharged}</p>
      <p className={styles.actions}>
        <Button size="small" busy={change.isPending} onClick={() => void updateToAvailable()}>{t.payment.takeAvailable}</Button>
        <Link to="/cart">{t.checkout.editCart}</Link>
      </p>
    </Callout>
  );
}
