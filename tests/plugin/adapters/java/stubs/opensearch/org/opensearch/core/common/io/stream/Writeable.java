package org.opensearch.core.common.io.stream;

import java.io.IOException;

/** A stub: see the README of the stubs. */
public interface Writeable {
  void writeTo(StreamOutput out) throws IOException;

  @FunctionalInterface
  interface Reader<V> {
    V read(StreamInput in) throws IOException;
  }
}
