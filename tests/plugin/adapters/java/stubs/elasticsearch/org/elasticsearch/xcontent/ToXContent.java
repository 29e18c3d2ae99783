package org.elasticsearch.xcontent;

import java.io.IOException;

/** A stub: see the README of the stubs. */
public interface ToXContent {
  interface Params {}

  XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException;
}
