import { refreshSession } from '../../api/client';
import { NoResponseError, problemFrom } from '../../api/problem';
import type { ProductImage } from '../../api/types';
import type { ProductImport } from './types';

const TIMEOUT_MS = 120_000;

/** Uploads an image. The body is the file itself. */
export async function uploadImage(file: File): Promise<ProductImage> {
  const send = async () => {
    try {
      return await fetch('/api/v1/images', {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': file.type || 'application/octet-stream' },
        credentials: 'same-origin',
        body: file,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new NoResponseError(error);
    }
  };
  let response = await send();
  if (response.status === 401 && (await refreshSession())) response = await send();
  if (!response.ok) throw await problemFrom(response);
  return (await response.json()) as ProductImage;
}

const IMPORT_TIMEOUT_MS = 15 * 60_000;

interface UploadOptions {
  /** Called with the number of bytes that are sent. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** Uploads a product file. The path has the parameters; the body is the file itself. */
export async function uploadProductFile(path: string, file: File, options: UploadOptions): Promise<ProductImport> {
  let response = await sendFile(path, file, options);
  if (response.status === 401 && (await refreshSession())) response = await sendFile(path, file, options);
  if (!response.ok) throw await problemFrom(response);
  return (await response.json()) as ProductImport;
}

/** Sends a file with XMLHttpRequest, because `fetch` does not tell how much is sent. */
function sendFile(path: string, file: File, { onProgress, signal }: UploadOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.timeout = IMPORT_TIMEOUT_MS;
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      const headers = { 'content-type': request.getResponseHeader('content-type') ?? '' };
      resolve(new Response(request.responseText, { status: request.status, headers }));
    });
    const onLost = () => reject(new NoResponseError('The upload had no response'));
    request.addEventListener('error', onLost);
    request.addEventListener('timeout', onLost);
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
