import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { FieldError } from '../../components/Field';
import type { FieldIds } from '../../components/form-errors';
import { formErrors } from '../messages/problems';
import { useToasts } from '../../components/Toasts';

interface SubmitOptions<Result> {
  fields?: FieldIds;
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
        (error: unknown) => setErrors(formErrors(error, fields)),
      );
    },
  };
}
