import { ButtonLink } from '../../components/Button';
import type { ProductImport } from '../api/types';
import { counted } from '../components/formats';
import { Card } from '../components/Page';
import { otherFileError } from './import-file';
import { hasChanges, isActive } from './import-text';
import { keptFile } from './kept-files';
import { UploadForm } from './UploadForm';

interface Step {
  title: string;
  text: string;
  action: string;
  dryRun: boolean;
}

/** Returns what can be done with the same file, or null. */
function stepOf({ dry_run, status, counts }: ProductImport): Step | null {
  if (status === 'interrupted') {
    return dry_run
      ? { title: 'Preview again', text: 'Nothing has been changed.', action: 'Preview again', dryRun: true }
      : { title: 'Continue', text: 'What was imported before stays.', action: 'Continue the import', dryRun: false };
  }
  if (status !== 'finished' || !dry_run || !hasChanges(counts)) return null;
  const skipped = counts.skipped > 0 ? ` ${counted(counts.skipped, 'product')} with errors ${counts.skipped === 1 ? 'is' : 'are'} left out.` : '';
  return { title: 'Import', text: `Nothing has been changed yet.${skipped}`, action: 'Import these products', dryRun: false };
}

/** The step after this import: the import of what was previewed, or another file. */
export function NextStep({ run }: { run: ProductImport }) {
  const kept = keptFile(run.id);
  if (isActive(run.status)) return null;
  const step = stepOf(run);
  if (!step) return <div><ButtonLink look="secondary" size="small" to="/imports">{run.status === 'finished' && !run.dry_run ? 'Import another file' : 'Choose another file'}</ButtonLink></div>;
  return (
    <Card title={step.title}>
      <p>{step.text}{!kept && ` The browser no longer has the file, because the page was reloaded or opened anew: choose ${run.file_name} again.`}</p>
      <UploadForm
        action={step.action}
        dryRun={step.dryRun}
        setStock={run.set_stock}
        label={`Choose ${run.file_name} again`}
        hint="It must be the same file as before."
        kept={kept}
        check={(file) => otherFileError(file, run)}
      />
    </Card>
  );
}
