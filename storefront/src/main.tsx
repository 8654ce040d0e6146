import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import '@fontsource-variable/hanken-grotesk/wght.css';
import '@fontsource-variable/bricolage-grotesque/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { forgetPrivateData } from './api/account';
import { onSignedOut } from './api/client';
import { createQueryClient, seedFromPage } from './api/query-client';
import { createRouter } from './routes';

const queryClient = createQueryClient();
seedFromPage(queryClient, document);
onSignedOut(() => forgetPrivateData(queryClient));

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={createRouter()} />
    </QueryClientProvider>
  </StrictMode>,
);
