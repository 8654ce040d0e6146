import type { ProblemBody } from './types';

/** An answer that says no: RFC 9457 problem details as an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The last part of the type: "total-changed" of "urn:shopstack:problem:total-changed". */
  readonly slug: string;
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail || body.title);
    this.status = body.status;
    this.slug = body.type.slice(body.type.lastIndexOf(':') + 1);
    this.body = body;
  }

  /** What the server says about one field, by its JSON pointer. */
  fieldError(pointer: string): string | undefined {
    return this.body.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** No answer at all: whether the request took effect is unknown. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(cause: unknown) {
    super('The shop did not answer. Check your connection and try again.', { cause });
  }
}

export function isProblem(error: unknown, slug: string): error is ApiError {
  return error instanceof ApiError && error.slug === slug;
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** A sentence for a person. Unexpected errors keep their details to the console. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof NoAnswerError) return error.message;
  return 'Something went wrong on this page. Please try again.';
}

/** Reads a failed response, also when a proxy in between answered with something else than JSON. */
export async function problemFrom(response: Response): Promise<ApiError> {
  const fallback: ProblemBody = {
    type: 'about:blank',
    title: response.status >= 500 ? 'The shop has a problem right now. Please try again.' : 'That did not work.',
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
