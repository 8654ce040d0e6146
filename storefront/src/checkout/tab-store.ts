import { memoryStore, type AttemptStore } from './attempt';

/** The browser's storage, or memory where storage is blocked, which a reload then clears. */
function storeOn(storage: () => Storage): AttemptStore {
  const memory = memoryStore();
  return {
    getItem(key) {
      try {
        return storage().getItem(key) ?? memory.getItem(key);
      } catch {
        return memory.getItem(key);
      }
    },
    setItem(key, value) {
      try {
        storage().setItem(key, value);
      } catch {
        memory.setItem(key, value);
      }
    },
    removeItem(key) {
      memory.removeItem(key);
      try {
        storage().removeItem(key);
      } catch {
        // It was in memory only.
      }
    },
  };
}

/** Lasts as long as the tab. */
export const tabStore = storeOn(() => sessionStorage);

/** Shared by all tabs and outlives them. Must not hold tokens. */
export const browserStore = storeOn(() => localStorage);
