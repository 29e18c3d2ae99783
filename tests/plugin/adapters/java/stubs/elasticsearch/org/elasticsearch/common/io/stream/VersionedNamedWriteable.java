package org.elasticsearch.common.io.stream;

import org.elasticsearch.TransportVersion;

/** A stub: see the README of the stubs. */
public interface VersionedNamedWriteable extends NamedWriteable {
  TransportVersion getMinimalSupportedVersion();
}
