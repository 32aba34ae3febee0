//! What the sealed formats promise, against vectors, other implementations and hostile input.
