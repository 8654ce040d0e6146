import { ApiError, messageOf } from '../api/problem';
import type { Messages } from '../messages/catalogue';
import { labelOf } from '../messages/server-text';
import type { FieldError } from './Field';

/** The ids of a form's fields by the JSON pointers of the request. */
export type FieldIds = Readonly<Record<string, string>> | ((pointer: string) => string | undefined);

type Labels = Readonly<Record<string, string>>;

/** Returns a sentence about a field. The server's may be a predicate ("is too long") whose subject is the field. */
function sentence(pointer: string, detail: string, t: Messages, labels: Labels): string {
  const name = pointer.slice(pointer.lastIndexOf('/') + 1);
  const label = labelOf(labels, name, name.replaceAll('_', ' ').replace(/^./u, (letter) => letter.toUpperCase()));
  if (t.language !== 'en') {
    if (name === 'current') return t.problems.wrongPassword;
    return name === 'new' || name === 'password' ? t.problems.weakPassword : t.problems.field(label, detail);
  }
  if (!/^\p{Ll}/u.test(detail)) return detail;
  return t.problems.field(label, `${detail}${/[.!?]$/.test(detail) ? '' : '.'}`);
}

/** Maps the server's field errors to the fields of a form by their JSON pointers. `labels` has the fields by their names in the API. */
export function errorsOf(error: unknown, fields: FieldIds, t: Messages, labels: Labels = t.problems.fields): FieldError[] {
  if (error instanceof ApiError && error.body.errors?.length) {
    return error.body.errors.map(({ pointer, detail }) => ({
      field: typeof fields === 'function' ? fields(pointer) : fields[pointer],
      message: sentence(pointer, detail, t, labels),
    }));
  }
  return [{ message: messageOf(error, t) }];
}
