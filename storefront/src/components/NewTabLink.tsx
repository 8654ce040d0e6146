import type { ReactNode } from 'react';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';

/** A link that opens in a new tab, for pages where something typed would be lost. */
export function NewTabLink({ to, children }: { to: string; children: ReactNode }) {
  const t = useMessages();
  return (
    <Link to={to} target="_blank" rel="noopener">
      {children}<span className="visually-hidden"> {t.common.newTab}</span>
    </Link>
  );
}
