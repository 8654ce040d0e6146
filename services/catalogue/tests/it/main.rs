//! Catalogue through its public interface.

mod import;
