import { useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ErrorSummary } from '../../components/Field';
import { ProgressBar } from '../components/ProgressBar';
import { FileField } from './FileField';
import { sizeText } from './import-file';
import styles from './Imports.module.css';
import { useProductUpload } from './use-import';

interface UploadFormProps {
  /** The button, such as "Start preview". */
  action: string;
  dryRun: boolean;
  setStock: boolean;
  label: string;
  hint: string;
  /** The file, if this tab still has it. */
  kept?: File | null;
  /** Says what is wrong with the chosen file, or returns null. */
  check: (file: File | null) => string | null;
  /** More fields. */
  children?: ReactNode;
}

const FIELD = 'import-file';
const NO_FILE = new File([], '');

/** Chooses a file unless it is known, uploads it, and opens the page of its import. */
export function UploadForm({ action, dryRun, setStock, label, hint, kept = null, check, children }: UploadFormProps) {
  const [file, setFile] = useState(kept);
  const [asked, setAsked] = useState(kept === null);
  const upload = useProductUpload(FIELD);
  const fileError = upload.errorOf(FIELD);
  const start = () => {
    const error = check(file);
    upload.submit({ file: file ?? NO_FILE, dryRun, setStock }, error ? [{ field: FIELD, message: error }] : []);
  };
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <ErrorSummary errors={upload.errors} />
      {/* A kept file that cannot be read any more has to be chosen again. */}
      {file && !asked && !fileError
        ? <p>File: {file.name}, {sizeText(file.size)}</p>
        : (
          <FileField
            id={FIELD}
            label={label}
            hint={hint}
            error={fileError}
            disabled={upload.busy}
            onFile={(next) => {
              setAsked(true);
              setFile(next);
              upload.reset();
            }}
          />
        )}
      {children}
      {upload.busy && file && (
        <>
          <ProgressBar
            id="import-upload"
            label={upload.sent < file.size ? `Uploading ${file.name}. Keep this page open.` : `${file.name} is uploaded. Waiting for the shop.`}
            value={upload.sent < file.size ? upload.sent : undefined}
            max={file.size}
            text={`${sizeText(Math.min(upload.sent, file.size))} of ${sizeText(file.size)}`}
          />
          <div><Button look="secondary" size="small" onClick={upload.cancel}>Cancel upload</Button></div>
        </>
      )}
      <div><Button type="submit" busy={upload.busy}>{action}</Button></div>
    </form>
  );
}
