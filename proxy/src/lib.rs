//! A proxy between a service and its stores, which knows where each request and each reply ends.
//!
//! It changes no byte of what it passes on. Before a request reaches the server and before a reply reaches the client
//! it asks its owner what is to become of the message.

pub mod frame;
pub mod label;
pub mod postgres;
pub mod redis;
