import { useEndSession, useSessions } from '../api/account';
import { messageOf } from '../api/problem';
import { TextButton } from '../components/Button';
import { formatMoment } from '../components/dates';
import { useToasts } from '../components/Toasts';
import { Failure, Loading, Skeleton } from '../components/States';
import styles from './account.module.css';
import { deviceOf } from './device';

export function SessionList() {
  const sessions = useSessions();
  const end = useEndSession();
  const { notify } = useToasts();
  if (sessions.isPending) return <Loading label="Loading your sessions"><Skeleton height="5rem" /></Loading>;
  if (sessions.isError) return <Failure error={sessions.error} onRetry={() => void sessions.refetch()} title="Your sessions couldn't be loaded" />;
  const onEnd = (id: string) =>
    end.mutate(id, {
      onSuccess: () => notify({ text: 'Device logged out.' }),
      onError: (error) => notify({ kind: 'problem', text: messageOf(error) }),
    });
  return (
    <ul className={styles.list}>
      {sessions.data.items.map((session) => (
        <li key={session.id} className={styles.row}>
          <div>
            <p title={session.user_agent}><strong>{deviceOf(session.user_agent)}</strong>{session.current && ' (this device)'}</p>
            <p className={styles.soft}>Last used {formatMoment(session.last_used_at)}</p>
          </div>
          {!session.current && (
            <TextButton aria-label={`Log out ${deviceOf(session.user_agent)}`} onClick={() => onEnd(session.id)}>Log out</TextButton>
          )}
        </li>
      ))}
    </ul>
  );
}
