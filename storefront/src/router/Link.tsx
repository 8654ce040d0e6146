import { useEffect, type AnchorHTMLAttributes, type MouseEvent, type Ref } from 'react';
import { useLocation, useNavigate, useNavigation } from './hooks';

export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  /** The path of a page, with its query and fragment. */
  to: string;
  ref?: Ref<HTMLAnchorElement>;
}

/** A link to a page of the same program, which is shown without a reload. */
export function Link({ to, onClick, children, ...rest }: LinkProps) {
  const { hrefOf, navigate } = useNavigation();
  const { pathname, search, hash } = useLocation();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || !opensHere(event, rest.target)) return;
    event.preventDefault();
    // As in the browser, a link to the page itself adds no entry to the history.
    void navigate(to, { replace: to === pathname + search + hash });
  };
  return <a {...rest} href={hrefOf(to)} onClick={follow}>{children}</a>;
}

/** False for a click that the browser answers with a new tab, a new window or a download. */
function opensHere({ button, metaKey, altKey, ctrlKey, shiftKey }: MouseEvent, target: string | undefined): boolean {
  return button === 0 && (!target || target === '_self') && !metaKey && !altKey && !ctrlKey && !shiftKey;
}

/** Goes to another page as soon as it is rendered, in place of the entry of the history. */
export function Navigate({ to }: { to: string }) {
  const navigate = useNavigate();
  useEffect(() => void navigate(to, { replace: true }), [navigate, to]);
  return null;
}
