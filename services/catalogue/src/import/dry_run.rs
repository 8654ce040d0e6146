//! The state of a dry run: the handles and SKUs seen so far, since nothing is stored that could be compared with.

use super::digest;
use contracts::Sku;
use std::collections::{HashMap, HashSet};

/// The largest number of handles, and of SKUs, that are recorded, at about 32 bytes each. Later ones are compared with
/// the store alone.
const MAX_ENTRIES: usize = 1 << 20;

/// The handles and SKUs of a dry run, as digests.
#[derive(Default)]
pub struct DryRunState {
    handles: HashSet<u64>,
    owners: HashMap<u64, u64>,
}

impl DryRunState {
    /// Records a handle and returns true if it was recorded before.
    pub fn record_handle(&mut self, handle: &str) -> bool {
        let handle = digest(handle);
        if self.handles.contains(&handle) {
            return true;
        }
        if self.handles.len() < MAX_ENTRIES {
            self.handles.insert(handle);
        }
        false
    }

    /// Assigns the SKU to the handle; returns false if it belongs to another handle.
    pub fn claim_sku(&mut self, sku: &Sku, handle: &str) -> bool {
        let (sku, handle) = (digest(sku.as_str()), digest(handle));
        match self.owners.get(&sku) {
            Some(owner) => *owner == handle,
            None => {
                if self.owners.len() < MAX_ENTRIES {
                    self.owners.insert(sku, handle);
                }
                true
            }
        }
    }
}
