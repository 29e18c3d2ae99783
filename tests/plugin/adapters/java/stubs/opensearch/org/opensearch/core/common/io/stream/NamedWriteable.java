package org.opensearch.core.common.io.stream;

/** A stub: see the README of the stubs. */
public interface NamedWriteable extends Writeable {
  String getWriteableName();
}
