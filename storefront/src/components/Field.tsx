import { useEffect, useRef, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react';
import { useMessages } from '../messages/messages';
import { Icon } from './Icon';
import styles from './Field.module.css';

interface FieldProps {
  id: string;
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
}

function describedBy({ id, hint, error }: FieldProps): string | undefined {
  return [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
}

export function Field({ id, label, hint, error, optional = false, children }: FieldProps & { children: ReactNode }) {
  const t = useMessages();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {label} {optional && <span className={styles.optional}>{t.common.optional}</span>}
      </label>
      {children}
      {hint && <p id={`${id}-hint`} className={styles.hint}>{hint}</p>}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          <Icon name="alert" size={16} /> {error}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = FieldProps & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'>;

export function TextField({ id, label, hint, error, optional = false, ...input }: TextFieldProps) {
  return (
    <Field id={id} label={label} hint={hint} error={error} optional={optional}>
      <input
        {...input}
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy({ id, label, hint, ...(error ? { error } : {}) })}
      />
    </Field>
  );
}

type TextAreaProps = FieldProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'>;

export function TextArea({ id, label, hint, error, optional = false, ...input }: TextAreaProps) {
  return (
    <Field id={id} label={label} hint={hint} error={error} optional={optional}>
      <textarea
        {...input}
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy({ id, label, hint, ...(error ? { error } : {}) })}
      />
    </Field>
  );
}

type SelectFieldProps = FieldProps & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'id'>;

export function SelectField({ id, label, hint, error, optional = false, children, ...select }: SelectFieldProps) {
  return (
    <Field id={id} label={label} hint={hint} error={error} optional={optional}>
      <span className={styles.select}>
        <select
          {...select}
          id={id}
          className={styles.input}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy({ id, label, hint, ...(error ? { error } : {}) })}
        >
          {children}
        </select>
        <Icon name="chevron" size={18} />
      </span>
    </Field>
  );
}

export interface FieldError {
  /** The id of the field, if the error is about a single one. */
  field?: string | undefined;
  message: string;
}

/** Lists all errors of a form, each linked to its field, and takes the focus when it appears. */
export function ErrorSummary({ errors }: { errors: FieldError[] }) {
  const t = useMessages();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (errors.length > 0) box.current?.focus();
  }, [errors]);
  if (errors.length === 0) return null;
  const single = errors.length === 1 && !errors[0]?.field;
  return (
    <div ref={box} className={styles.summary} role="alert" tabIndex={-1}>
      <Icon name="alert" />
      <div>
        <p className={styles.summaryTitle}>{single ? errors[0]?.message : t.common.checkErrors}</p>
        {!single && (
          <ul>
            {errors.map((error) => (
              <li key={error.message}>
                {error.field ? <a href={`#${error.field}`} onClick={(event) => focusField(event, error.field)}>{error.message}</a> : error.message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function focusField(event: { preventDefault: () => void }, id: string | undefined): void {
  // The browser's own jump would add the fragment to the URL and to the history.
  event.preventDefault();
  if (id) document.getElementById(id)?.focus();
}

export const inputClass = styles.input;
