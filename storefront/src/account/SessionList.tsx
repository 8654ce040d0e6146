import { useEndSession, useSessions } from '../api/account';
import { messageOf } from '../api/problem';
import { TextButton } from '../components/Button';
import { useToasts } from '../components/Toasts';
import { Failure, Loading, Skeleton } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './account.module.css';
import { deviceOf } from './device';

export function SessionList() {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const sessions = useSessions();
  const end = useEndSession();
  const { notify } = useToasts();
  if (sessions.isPending) return <Loading label={t.account.loadingSessions}><Skeleton height="5rem" /></Loading>;
  if (sessions.isError) return <Failure error={sessions.error} onRetry={() => void sessions.refetch()} title={t.account.sessionsNotLoaded} />;
  const onEnd = (id: string) =>
    end.mutate(id, {
      onSuccess: () => notify({ text: t.account.deviceLoggedOut }),
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });
  return (
    <ul className={styles.list}>
      {sessions.data.items.map((session) => (
        <li key={session.id} className={styles.row}>
          <div>
            <p title={session.user_agent}>{session.current ? t.account.thisDevice(<strong>{deviceOf(session.user_agent, t)}</strong>) : <strong>{deviceOf(session.user_agent, t)}</strong>}</p>
            <p className={styles.soft}>{t.account.lastUsed(formats.moment(session.last_used_at))}</p>
          </div>
          {!session.current && (
            <TextButton aria-label={t.account.logOutDevice(deviceOf(session.user_agent, t))} onClick={() => onEnd(session.id)}>{t.shell.logOut}</TextButton>
          )}
        </li>
      ))}
    </ul>
  );
}
