/// Devices without a browser (RFC 8628): what they ask, and the pages on which a person takes that
/// on elsewhere, made so that whoever is talked into typing a code sees what it is for.
///
/// Not here: what the device polls (`oauth/token`), the consent (`oauth/consent`).
@NullMarked
package dev.mandate.oauth.device;

import org.jspecify.annotations.NullMarked;
