import { refreshSession } from '../../api/client';
import { NoResponseError, problemFrom } from '../../api/problem';
import type { ProductImage } from '../../api/types';

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
