package org.opensearch.search.rescore;

import java.io.IOException;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TopDocs;

/** A stub: see the README of the stubs. */
public interface Rescorer {
  TopDocs rescore(TopDocs topDocs, IndexSearcher searcher, RescoreContext context)
      throws IOException;

  Explanation explain(
      int topLevelDocId, IndexSearcher searcher, RescoreContext context, Explanation source)
      throws IOException;
}
