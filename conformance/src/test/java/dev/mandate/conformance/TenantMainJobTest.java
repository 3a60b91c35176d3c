package dev.mandate.conformance;

/// The main job again, at an issuer below `/t/`: a script needs no more than another part of
/// demo.json.
class TenantMainJobTest extends MainJobTest {
  @Override
  DemoTenant tenant() {
    return DemoServer.shared().tenant("acme");
  }
}
