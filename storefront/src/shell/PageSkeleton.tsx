import { Loading, Skeleton } from '../components/States';

/** The placeholder of a page whose code is loading for the first time. */
export function PageSkeleton() {
  return (
    <div className="page" style={{ paddingBlock: '2rem' }}>
      <Loading label="Loading">
        <Skeleton width="9rem" height="2rem" />
        <Skeleton width="100%" height="60vh" style={{ marginTop: '2rem' }} />
      </Loading>
    </div>
  );
}
