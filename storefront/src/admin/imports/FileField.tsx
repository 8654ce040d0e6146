import { useRef, useState, type DragEvent } from 'react';
import { Field } from '../../components/Field';
import { ACCEPT } from './import-file';
import styles from './Imports.module.css';

interface FileFieldProps {
  id: string;
  label: string;
  hint: string;
  error: string | undefined;
  disabled: boolean;
  onFile: (file: File | null) => void;
}

/** Chooses a product file, from the browser's list or by dropping it here. */
export function FileField({ id, label, hint, error, disabled, onFile }: FileFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (!file || disabled || !input.current) return;
    // The field then shows the name of the file, as if it had been chosen there.
    const one = new DataTransfer();
    one.items.add(file);
    input.current.files = one.files;
    onFile(file);
  };
  return (
    // Dropping a file is a second way to do what the field does.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={styles.file}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <Field id={id} label={label} hint={hint} error={error}>
        <input
          ref={input}
          id={id}
          type="file"
          accept={ACCEPT}
          disabled={disabled}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-hint ${id}-error` : `${id}-hint`}
          onChange={(event) => onFile(event.target.files?.[0] ?? null)}
        />
      </Field>
    </div>
  );
}
