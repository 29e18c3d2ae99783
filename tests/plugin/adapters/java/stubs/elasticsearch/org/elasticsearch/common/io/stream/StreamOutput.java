package org.elasticsearch.common.io.stream;

import java.io.IOException;
import java.util.Map;

/** A stub: see the README of the stubs. */
public abstract class StreamOutput {
  public abstract void writeOptionalVInt(Integer number) throws IOException;

  public abstract void writeGenericMap(Map<String, Object> map) throws IOException;
}
