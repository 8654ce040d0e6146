import type { Messages } from '../messages/catalogue';
import { labelOf } from '../messages/server-text';
import type { ProblemBody } from './types';

/** An error response: RFC 9457 problem details as an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The last part of the type, such as "total-changed" of "urn:shopstack:problem:total-changed". */
  readonly slug: string;
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail || body.title);
    this.status = body.status;
    this.slug = body.type.slice(body.type.lastIndexOf(':') + 1);
    this.body = body;
  }

  /** Returns the server's error for a field, by its JSON pointer. */
  fieldError(pointer: string): string | undefined {
    return this.body.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** No response arrived, so it is unknown whether the request took effect. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';

  constructor(cause: unknown) {
    super('No response', { cause });
  }
}

export function isProblem(error: unknown, slug: string): error is ApiError {
  return error instanceof ApiError && error.slug === slug;
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** Returns a sentence to show. Unexpected errors do not reveal their details. */
export function messageOf(error: unknown, { problems }: Messages): string {
  if (error instanceof NoResponseError) return problems.noResponse;
  if (!(error instanceof ApiError)) return problems.unexpected;
  // The server says what happened in English, except where a proxy in between answered.
  const fallback = error.message || (error.status >= 500 ? problems.technical : problems.failed);
  return problems.byType ? labelOf(problems.byType, error.slug, fallback) : fallback;
}

/** Reads an error response, which a proxy in between may have sent without JSON. */
export async function problemFrom(response: Response): Promise<ApiError> {
  const fallback: ProblemBody = {
    type: 'about:blank',
    title: '',
    status: response.status,
  };
  if (!(response.headers.get('content-type') ?? '').includes('json')) return new ApiError(fallback);
  try {
    const body = (await response.json()) as Partial<ProblemBody>;
    return new ApiError({
      ...body,
      type: typeof body.type === 'string' ? body.type : fallback.type,
      title: typeof body.title === 'string' && body.title ? body.title : fallback.title,
      status: response.status,
    });
  } catch {
    return new ApiError(fallback);
  }
}
