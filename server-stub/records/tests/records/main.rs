//! The puller against gateways that lie.
