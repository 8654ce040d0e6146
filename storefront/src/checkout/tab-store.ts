import { memoryStore, type AttemptStore } from './attempt';

/** The browser's storage, or memory where it forbids storage: then a reload forgets, no more. */
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

/** Kept for as long as the tab lives. */
export const tabStore = storeOn(() => sessionStorage);

/** Kept for all tabs, and when the browser is closed. Nothing goes in that opens anything. */
export const browserStore = storeOn(() => localStorage);
