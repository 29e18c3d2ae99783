package org.elasticsearch.xcontent;

import java.io.IOException;
import java.util.Map;

/** A stub: see the README of the stubs. */
public interface XContentParser {
  Map<String, Object> map() throws IOException;
}
