//! The rules of the code base, held by tests: dependencies, purity of rule files, file sizes, names and comments.

mod architecture {
    pub mod comments;
    pub mod cycles;
    pub mod names;
    pub mod schemas;
    pub mod source;
    pub mod structure;
}
