//! Tests of web over its public interface.
#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod first_views;
mod pages;
mod robot_shop;
