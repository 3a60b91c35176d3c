package dev.mandate.domain.node;

/// A node, from one start to its end.
///
/// @param boot another one at each start: what a node said before it crashed is not what it says now
public record Node(NodeId id, String boot) {}
