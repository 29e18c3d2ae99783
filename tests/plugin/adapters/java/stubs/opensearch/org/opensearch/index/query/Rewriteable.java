package org.opensearch.index.query;

import java.io.IOException;

/** A stub: see the README of the stubs. */
public interface Rewriteable<T> {
  T rewrite(QueryRewriteContext context) throws IOException;
}
