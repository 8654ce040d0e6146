//! The executable: command line and composition, nothing else.

pub mod audit;
pub mod commands;
pub mod compose;
pub mod demo;
pub mod moving;
mod occupation;
pub mod openapi;
mod operations;
pub mod secrets;
pub mod settings;
