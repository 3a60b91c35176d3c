package dev.mandate.conformance;

/// The ten defects again, on two nodes.
class TwoNodesTenDefectsTest extends TenDefectsTest {
  @Override
  Deployment deployment() {
    return TwoNodes.shared();
  }
}
