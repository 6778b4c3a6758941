//! The names of requests that are the same from run to run.
