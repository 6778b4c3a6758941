//! A proxy between a service and its stores, which knows where each request and each reply ends.
//!
//! It changes no byte of what it passes on. Before a request reaches the server and before a reply reaches the client
//! it asks its owner what is to become of the message.

pub mod address;
pub mod frame;
pub mod gate;
pub mod label;
pub mod late;
pub mod listen;
pub mod postgres;
pub mod redis;
mod relay;
