//! The executable: command line and composition of the services, nothing else.

pub mod audit;
pub mod commands;
pub mod compose;
mod data_dir_lock;
pub mod data_migration;
pub mod demo;
pub mod env_example;
pub mod openapi;
mod operations;
mod probe;
pub mod sandbox_endpoint;
pub mod secrets;
pub mod service_names;
pub mod settings;
pub mod stores;
