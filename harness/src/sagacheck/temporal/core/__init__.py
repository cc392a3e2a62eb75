"""What the SDK's core does between a workflow's code and the service.

Core is the Rust library below every SDK of Temporal; files that are cited are those of its
repository ``temporalio/sdk-core``, below ``crates/sdk-core/src``.
"""
