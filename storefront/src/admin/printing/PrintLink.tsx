import { Button, ButtonLink } from '../../components/Button';

/** Opens a page that prints in a new tab, so that the list keeps its filters and its selection. */
export function PrintLink({ to, disabled = false, children }: { to: string; disabled?: boolean; children: string }) {
  if (disabled) return <Button look="secondary" size="small" disabled>{children}</Button>;
  return (
    <ButtonLink look="secondary" size="small" to={to} target="_blank" rel="noopener">
      {children}<span className="visually-hidden"> (opens in a new tab)</span>
    </ButtonLink>
  );
}
