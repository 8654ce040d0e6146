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

/** Why the order was not placed, and the way on for each reason. */
export function PurchaseProblem({ error, cart, onPlaceAgain, onDelivery, onDismiss }: PurchaseProblemProps) {
  if (isProblem(error, 'total-changed')) {
    const { expected, actual } = error.body as unknown as { expected?: Money; actual?: Money };
    return (
      <Callout kind="danger">
        <p><strong>The total has changed since you saw it.</strong> {error.body.detail}</p>
        {expected && actual && (
          <p className={styles.totals}>
            <span>You were shown <Amount value={expected} /></span>
            <strong>It is now <Amount value={actual} /></strong>
          </p>
        )}
        <p>Nothing was charged. Look at the cart beside this, then place the order at the new total if you agree.</p>
        <p><Button onClick={onPlaceAgain} size="small">Place the order for <Amount value={cart.totals.total} /></Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'out-of-stock')) return <Shortage error={error} cart={cart} onDismiss={onDismiss} />;
  if (isProblem(error, 'quote-stale')) {
    return (
      <Callout kind="danger">
        <p><strong>The delivery price has to be asked again.</strong> {error.body.detail}</p>
        <p>Nothing was charged.</p>
        <p><Button size="small" onClick={onDelivery}>Ask again</Button></p>
      </Callout>
    );
  }
  if (isProblem(error, 'cart-empty') || isProblem(error, 'cart-changed')) {
    return (
      <Callout kind="danger">
        <p><strong>{error.message}</strong></p>
        <p>Perhaps it was changed in another window. Nothing was charged. <Link to="/cart">Look at the cart</Link>.</p>
      </Callout>
    );
  }
  if (isUncertain(error)) {
    return (
      <Callout kind="danger">
        <p><strong>We did not hear back, so we do not know yet whether your order went through.</strong></p>
        <p>Press the button to ask again. It is the same order: you cannot buy it twice.</p>
        <p><Button size="small" onClick={onPlaceAgain}>Ask again</Button></p>
      </Callout>
    );
  }
  const details = error instanceof ApiError && error.body.errors?.length ? errorsOf(error, {}) : [];
  return (
    <Callout kind="danger">
      <p><strong>{messageOf(error)}</strong></p>
      {details.map((detail) => <p key={detail.message}>{detail.message}</p>)}
      <p>Nothing was charged.</p>
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
  const takeWhatIsLeft = async () => {
    try {
      for (const { sku, available } of lines) await change.mutateAsync({ sku, quantity: available });
    } finally {
      onDismiss();
    }
  };
  return (
    <Callout kind="danger">
      <p><strong>Somebody was faster. There is not enough left of:</strong></p>
      <ul>
        {lines.map((line) => (
          <li key={line.sku}>{titleOf(line.sku)}: you want {line.requested}, {line.available === 0 ? 'none is' : `${line.available} are`} left</li>
        ))}
      </ul>
      <p>Nothing was charged.</p>
      <p className={styles.ways}>
        <Button size="small" busy={change.isPending} onClick={() => void takeWhatIsLeft()}>Take what is left</Button>
        <Link to="/cart">Change the cart</Link>
      </p>
    </Callout>
  );
}
