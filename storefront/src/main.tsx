import { createBrowserHistory } from '@tanstack/history';
import '@fontsource-variable/hanken-grotesk/wght.css';
import '@fontsource-variable/bricolage-grotesque/wght.css';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import { forgetPrivateData } from './api/account';
import { onSignedOut } from './api/client';
import { createQueryClient, seedFromPage } from './api/query-client';
import { pageLanguage } from './messages/page-language';
import { openLanguage } from './messages/store';
import { registerServiceWorker } from './offline/register';
import { createNavigation } from './router/navigation';
import { rememberScroll } from './router/scroll';
import { pageRoutes } from './routes';
import { keepEarlyInput } from './shell/early-input';
import { showStartFailure } from './shell/start-failure';
import { takeOver } from './shell/take-over';
import { applyTheme, storedTheme } from './shell/theme';

const queryClient = createQueryClient();
seedFromPage(queryClient, document);
onSignedOut(() => forgetPrivateData(queryClient));
applyTheme(storedTheme());

async function start(root: HTMLElement): Promise<void> {
  const earlyInput = keepEarlyInput(root);
  const language = await pageLanguage(queryClient);
  const texts = openLanguage(language);
  const navigation = createNavigation({ history: createBrowserHistory(), routes: pageRoutes, onLeave: rememberScroll });
  // The code of the page and the texts are loaded side by side.
  const firstPage = navigation.start();
  await texts;
  await takeOver({ root, language, queryClient, navigation, firstPage, earlyInput });
}

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
start(root).catch((error: unknown) => {
  showStartFailure(root);
  throw error;
});
void registerServiceWorker(queryClient);
