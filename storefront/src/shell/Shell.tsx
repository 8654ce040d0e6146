import { ToastProvider } from '../components/Toasts';
import { useLocation } from '../router/hooks';
import { Outlet } from '../router/Router';
import { Footer } from './Footer';
import { CheckoutHeader, Header } from './Header';
import { Main, PageFrame } from './PageFrame';
import { RouteError } from './RouteError';
import styles from './Shell.module.css';

export function Shell() {
  // A purchase is finished more often when nothing leads away from it.
  const isCheckout = useLocation().pathname.startsWith('/checkout');
  return (
    <ToastProvider>
      <PageFrame>
        <div className={styles.shell}>
          {isCheckout ? <CheckoutHeader /> : <Header />}
          <Main className={styles.main}><Outlet ErrorPage={RouteError} /></Main>
          <Footer isShort={isCheckout} />
        </div>
      </PageFrame>
    </ToastProvider>
  );
}
