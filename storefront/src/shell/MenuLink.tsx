import { useLocation } from '../router/hooks';
import { Link } from '../router/Link';
import { isExternal, type MenuEntry } from './menus';

export function MenuLink({ entry }: { entry: MenuEntry }) {
  const { label, to } = entry;
  const { pathname } = useLocation();
  if (isExternal(entry)) return <a href={to}>{label}</a>;
  // Which of several searches is shown is not part of the path, so none of their links can be marked as the current page.
  return <Link to={to} aria-current={to === pathname ? 'page' : undefined}>{label}</Link>;
}
