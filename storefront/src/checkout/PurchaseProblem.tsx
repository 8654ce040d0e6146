import { Link } from 'react-router';
import { useSetQuantity } from '../api/cart';
import { ApiError, isProblem, messageOf } from '../api/problem';
import type { Cart, Money } from '../api/types';
import { Button } from '../components/Button';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
import { Amount } from '../money/Price';
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
  if (isProblem(error, 'total-changed')) {
    const { expected, actual } = error.body as unknown as { expected?: Money; actual?: Money };
    return (
      <Callout kind="danger">
        <p><strong>The total has changed.</strong> {error.body.detail}</p>
        {expected && actual && (
          <p className={styles.totals}>
            <span>Previous total: <Amount value={expected} /></span>
            <strong>New total: <Amount value={actual} /></strong>
          </p>
        )}
        <p>You haven't been charged. Check the order summary, then place your order at the new total.</p>
        <p><Button onClick={onPlaceAgain} size="small">Place order for <Amount value={cart.totals.total} /></Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'out-of-stock')) return <Shortage error={error} cart={cart} onDismiss={onDismiss} />;
  if (isProblem(error, 'quote-stale')) {
    return (
      <Callout kind="danger">
        <p><strong>We need to update the delivery price.</strong> {error.body.detail}</p>
        <p>You haven't been charged.</p>
        <p><Button size="small" onClick={onDelivery}>Update</Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'cart-empty') || isProblem(error, 'cart-changed')) {
    return (
      <Callout kind="danger">
        <p><strong>{error.message}</strong></p>
        <p>It may have been changed in another tab. You haven't been charged. <Link to="/cart">View cart</Link></p>
      </Callout>
    );
  }
  if (isUncertain(error)) {
    return (
      <Callout kind="danger">
        <p><strong>We couldn't confirm whether your order went through.</strong></p>
        <p>You can safely try again: you won't be charged twice.</p>
        <p><Button size="small" onClick={onPlaceAgain}>Try again</Button></p>
      </Callout>
    );
  }
  const details = error instanceof ApiError && error.body.errors?.length ? errorsOf(error, {}) : [];
  return (
    <Callout kind="danger">
      <p><strong>{messageOf(error)}</strong></p>
      {details.map((detail) => <p key={detail.message}>{detail.message}</p>)}
      <p>You haven't been charged.</p>
    </Callout>
  );
}

interface ShortLine {
  sku: string;
  requested: number;
  available: number;
}

function Shortage({ error, cart, onDismiss }: { error: ApiError; cart: Cart; onDismiss: () => void }) {
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
      <p><strong>Sorry, some items just sold out:</strong></p>
      <ul>
        {lines.map((line) => (
          <li key={line.sku}>{titleOf(line.sku)}: {line.available === 0 ? 'sold out' : `only ${line.available} of ${line.requested} available`}</li>
        ))}
      </ul>
      <p>You haven't been charged.</p>
      <p className={styles.actions}>
        <Button size="small" busy={change.isPending} onClick={() => void updateToAvailable()}>Update to what's available</Button>
        <Link to="/cart">Edit cart</Link>
      </p>
    </Callout>
  );
}
