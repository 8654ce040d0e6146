import { Loading, Skeleton } from '../components/States';
import { useMessages } from '../messages/messages';

/** The placeholder of a page whose code is loading for the first time. */
export function PageSkeleton() {
  const t = useMessages();
  return (
    <div className="page" style={{ paddingBlock: '2rem' }}>
      <Loading label={t.common.loading}>
        <Skeleton width="9rem" height="2rem" />
        <Skeleton width="100%" height="60vh" style={{ marginTop: '2rem' }} />
      </Loading>
    </div>
  );
}
