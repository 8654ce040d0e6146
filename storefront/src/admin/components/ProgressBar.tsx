import styles from './ProgressBar.module.css';

interface ProgressBarProps {
  id: string;
  label: string;
  /** Absent while it is not known how much is done. */
  value?: number | undefined;
  max: number;
  /** Beside the label, such as "3 of 20". */
  text?: string;
}

/** How much of something is done. It is no live region: what should be spoken is announced now and then. */
export function ProgressBar({ id, label, value, max, text }: ProgressBarProps) {
  return (
    <div className={styles.progress}>
      <label htmlFor={id}>{label}</label>
      <span className="numeric">{text}</span>
      {/* Without a value, the bar shows that the end is not known; a maximum of 0 is not valid. */}
      <progress id={id} max={Math.max(1, max)} {...(value !== undefined && { value: Math.min(value, max) })} />
    </div>
  );
}
