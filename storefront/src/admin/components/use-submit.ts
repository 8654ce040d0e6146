import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/problem';
import type { FieldError } from '../../components/Field';
import { errorsOf } from '../../components/form-errors';
import { useToasts } from '../../components/Toasts';

interface SubmitOptions<Result> {
  /** The ids of the form's fields by the JSON pointers of the request. */
  fields?: Readonly<Record<string, string>> | ((pointer: string) => string);
  /** The message when it is done. */
  done: string | ((result: Result) => string);
  onDone?: (result: Result) => void;
}

/** Sends a form: shows what is wrong at its fields, and says when it is done. */
export function useSubmit<Input, Result>(mutation: UseMutationResult<Result, Error, Input>, { fields = {}, done, onDone }: SubmitOptions<Result>) {
  const [errors, setErrors] = useState<FieldError[]>([]);
  const { notify } = useToasts();
  return {
    errors,
    errorOf: (field: string) => errors.find((error) => error.field === field)?.message,
    busy: mutation.isPending,
    reset: () => setErrors([]),
    /** Sends the input, unless errors were found in the form before. */
    submit: (input: Input, found: FieldError[] = []) => {
      setErrors(found);
      if (found.length > 0) return;
      // Callbacks of `mutate` would be lost when the change itself removes the form, such as the buttons of a return.
      mutation.mutateAsync(input).then(
        (result) => {
          notify({ text: typeof done === 'string' ? done : done(result) });
          onDone?.(result);
        },
        (error: unknown) => setErrors(errorsOf(error, typeof fields === 'function' ? fieldsOf(error, fields) : fields)),
      );
    },
  };
}

function fieldsOf(error: unknown, idOf: (pointer: string) => string): Record<string, string> {
  const pointers = error instanceof ApiError ? (error.body.errors ?? []).map(({ pointer }) => pointer) : [];
  return Object.fromEntries(pointers.map((pointer) => [pointer, idOf(pointer)]));
}
