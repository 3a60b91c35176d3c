package dev.mandate.conformance;

/// The ten defects again, on two nodes.
@On(Shared.TWO_NODES)
class TwoNodesTenDefectsTest extends TenDefectsTest {}
