import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { apiPath } from '../../api/path';
import { ApiError, isStatus, NoResponseError } from '../../api/problem';
import { useNavigate } from '../../router/hooks';
import { refreshPaths } from '../api/query-client';
import type { ProductImport } from '../api/types';
import { uploadProductFile } from '../api/upload';
import { useSubmit } from '../components/use-submit';
import { formatOf } from './import-file';
import { isActive } from './import-text';
import { keepFile } from './kept-files';

const POLL_MS = 1_000;

/** An import with its issues. It is read each second until it is over, also after the connection was lost for a while. */
export function useImport(id: string) {
  const client = useQueryClient();
  const query = useQuery<ProductImport>({
    queryKey: [`/api/v1/imports/${encodeURIComponent(id)}`],
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => (isActive(data?.status) ? POLL_MS : false),
  });
  const status = query.data?.status;
  const writes = query.data?.dry_run === false;
  useEffect(() => {
    if (status === undefined || isActive(status)) return;
    void refreshPaths(client, '/api/v1/imports?', ...(writes ? ['/api/v1/products', '/api/v1/unpublished-products', '/api/v1/categories', '/api/v1/stock'] : []));
  }, [client, status, writes]);
  return query;
}

export interface Upload {
  file: File;
  dryRun: boolean;
  setStock: boolean;
}

/** Uploads a file and opens the page of its import. `fieldId` is the field that shows what the server says about the file. */
export function useProductUpload(fieldId: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const running = useRef<AbortController>(null);
  const [sent, setSent] = useState(0);
  // Without its page, an upload would end by opening another one out of nowhere.
  useEffect(() => () => running.current?.abort(CANCELLED), []);
  const upload = useMutation({
    mutationFn: async ({ file, dryRun, setStock }: Upload) => {
      const abort = new AbortController();
      running.current = abort;
      setSent(0);
      const path = apiPath('/api/v1/imports', { file_name: file.name, format: formatOf(file.name), dry_run: String(dryRun), set_stock: String(setStock) });
      try {
        const started = await uploadProductFile(path, file, { signal: abort.signal, onProgress: setSent });
        keepFile(started.id, file);
        return started;
      } catch (error) {
        if (isStatus(error, 413)) throw new ApiError({ ...error.body, errors: [{ pointer: '/file', detail: 'The file is larger than the shop accepts. Split it into several files.' }] });
        throw (await lostFile(error, file)) ?? error;
      }
    },
    onSuccess: (started) => {
      client.setQueryData([`/api/v1/imports/${started.id}`], started);
      void refreshPaths(client, '/api/v1/imports?');
    },
  });
  const form = useSubmit(upload, {
    fields: { '/file': fieldId, '/file_name': fieldId, '/format': fieldId },
    done: ({ file_name }) => `${file_name} is uploaded.`,
    onDone: ({ id }) => void navigate(`/imports/${id}`),
  });
  return { ...form, sent, cancel: () => running.current?.abort(CANCELLED) };
}

const CANCELLED = new ApiError({ type: 'about:blank', title: 'The upload is cancelled.', status: 0 });

/** A file that was changed or removed after it was chosen fails like a lost connection: only reading it tells which. */
async function lostFile(error: unknown, file: File): Promise<ApiError | null> {
  if (!(error instanceof NoResponseError)) return null;
  try {
    await file.slice(0, 1).arrayBuffer();
    return null;
  } catch {
    const message = 'The file was changed or removed after you chose it. Choose it again.';
    return new ApiError({ type: 'about:blank', title: message, status: 0, errors: [{ pointer: '/file', detail: message }] });
  }
}
