package org.elasticsearch.xcontent;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A stub: see the README of the stubs. */
public class XContentBuilder {
  /** Of the stub alone: what was written, fields of the outermost object. */
  public final Map<String, Object> written = new LinkedHashMap<>();

  public XContentBuilder startObject() throws IOException {
    return this;
  }

  public XContentBuilder endObject() throws IOException {
    return this;
  }

  public XContentBuilder field(String name, Integer value) throws IOException {
    written.put(name, value);
    return this;
  }

  public XContentBuilder field(String name, Map<String, Object> values) throws IOException {
    written.put(name, values);
    return this;
  }
}
