package org.opensearch.core.common.io.stream;

import java.io.IOException;
import java.util.Map;

/** A stub: see the README of the stubs. */
public abstract class StreamInput {
  public abstract Integer readOptionalVInt() throws IOException;

  public abstract Map<String, Object> readMap() throws IOException;
}
